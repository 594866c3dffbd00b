{%- set left_at = 'coalesce(records.dequeued_at, records.agent_connected_at, records.disconnected_at)' %}
with records as (

    select * from {{ ref('stg_connect__records') }}

),

-- Whoever is called back, or sent to another queue, did not give up.
followed as (

    select
        site_id,
        previous_contact_id as contact_id,
        max(case when initiation_method = 'CALLBACK' then 1 else 0 end) as is_called_back,
        max(case when initiation_method = 'QUEUE_TRANSFER' then 1 else 0 end) as is_sent_on
    from records
    where previous_contact_id is not null
    group by site_id, previous_contact_id

)

select
    records.site_id,
    records.callid,
    records.queue_id,
    case
        when records.agent_connected_at is not null then 'answered'
        when followed.is_called_back = 1 then 'exited_by_key'
        when followed.is_sent_on = 1 then 'timed_out'
        when {{ left_at }} is null then 'unfinished'
        else 'abandoned'
    end as outcome,
    row_number() over (
        partition by records.site_id, records.callid order by records.enqueued_at, records.contact_id
    ) as visit_number,
    -- The logged wait wins over the difference of instants.
    case
        when {{ left_at }} is not null
            then coalesce(
                    records.queue_seconds,
                    {{ epoch_seconds(left_at) }} - {{ epoch_seconds('records.enqueued_at') }}
                )
    end as wait_seconds,
    records.enqueued_at,
    {{ left_at }} as left_at
from records
left join followed
    on records.site_id = followed.site_id and records.contact_id = followed.contact_id
where records.enqueued_at is not null
