-- Which schedule a ticket followed when: the one set last. The first counts from the beginning, since it
-- is set a moment after the creation; a ticket that got none follows the site's first schedule.
with defaults as (

    select site_id, schedule_id
    from {{ ref('stg_zendesk__schedules') }}
    qualify row_number() over (
            partition by site_id
            order by created_at nulls last, length(schedule_id), schedule_id, start_minute
        ) = 1

),

set_on as (

    select
        site_id,
        ticket_id,
        schedule_id,
        valid_from,
        lag(valid_from) over (partition by site_id, ticket_id order by valid_from) is null as is_first,
        lead(valid_from) over (partition by site_id, ticket_id order by valid_from) as valid_to
    from {{ ref('stg_zendesk__ticket_schedules') }}

)

select
    site_id,
    ticket_id,
    schedule_id,
    case when is_first then timestamp '1900-01-01' else valid_from end as valid_from,
    valid_to
from set_on
union all
select
    tickets.site_id,
    tickets.ticket_id,
    defaults.schedule_id,
    timestamp '1900-01-01' as valid_from,
    cast(null as timestamp) as valid_to
from {{ ref('stg_zendesk__tickets') }} as tickets
inner join defaults on tickets.site_id = defaults.site_id
left join set_on
    on set_on.is_first
    and tickets.site_id = set_on.site_id
    and tickets.ticket_id = set_on.ticket_id
where set_on.ticket_id is null
