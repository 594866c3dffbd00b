-- Tickets of every source as they stand. What the history says last counts where the delivered ticket
-- is older, or later than `as_of`.
with last_changes as (

    select
        site_id,
        ticket_id,
        max_by(lower(value), changed_at) filter (where field_name = 'status' and value <> '') as status,
        max(changed_at) filter (where field_name = 'status' and value <> '') as status_at,
        max_by(coalesce(value, ''), changed_at) filter (where field_name = 'assignee_id') as assignee_id,
        max(changed_at) filter (where field_name = 'assignee_id') as assigned_at
    from {{ ref('stg_zendesk__field_changes') }}
    group by site_id, ticket_id

),

zendesk as (

    select
        tickets.*,
        case
            when tickets.is_later or last_changes.status_at > tickets.updated_at then last_changes.status
            else tickets.status
        end as last_status,
        case
            when tickets.is_later or last_changes.assigned_at > tickets.updated_at
                then nullif(last_changes.assignee_id, '')
            else tickets.assignee_id
        end as last_assignee_id,
        last_changes.status_at is not null as has_history
    from {{ ref('stg_zendesk__tickets') }} as tickets
    left join last_changes
        on tickets.site_id = last_changes.site_id and tickets.ticket_id = last_changes.ticket_id

)

select
    'zendesk' as source,
    site_id,
    ticket_id,
    requester_id,
    last_assignee_id as assignee_id,
    last_status as status,
    priority,
    channel,
    coalesce(last_status = 'deleted', false) as is_deleted,
    has_history,
    created_at,
    updated_at
from zendesk
union all
select
    'salesforce' as source,
    site_id,
    ticket_id,
    requester_id,
    assignee_id,
    status,
    priority,
    channel,
    is_deleted,
    false as has_history,
    created_at,
    updated_at
from {{ ref('stg_salesforce__cases') }}
