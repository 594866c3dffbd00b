-- Each solve with the creation or reopening before it and the reopening after it, and who was assigned.
with turns as (

    select
        *,
        lag(changed_at) over (partition by site_id, ticket_id order by changed_at) as previous_changed_at,
        lead(changed_at) over (partition by site_id, ticket_id order by changed_at) as next_changed_at
    from {{ ref('int_tickets__status_changes') }}

),

solves as (

    select
        turns.site_id,
        turns.ticket_id,
        row_number() over (
            partition by turns.site_id, turns.ticket_id order by turns.changed_at
        ) as cycle_number,
        turns.has_history,
        turns.is_estimated,
        tickets.assignee_id as last_assignee_id,
        coalesce(turns.previous_changed_at, tickets.created_at) as opened_at,
        turns.changed_at as solved_at,
        turns.next_changed_at as reopened_at
    from turns
    inner join {{ ref('stg_zendesk__tickets') }} as tickets
        on turns.site_id = tickets.site_id and turns.ticket_id = tickets.ticket_id
    where turns.is_solved

),

assigned as (

    select
        site_id,
        ticket_id,
        nullif(value, '') as assignee_id,
        changed_at as valid_from,
        lead(changed_at) over (partition by site_id, ticket_id order by changed_at) as valid_to,
        row_number() over (partition by site_id, ticket_id order by changed_at) = 1 as is_first
    from {{ ref('stg_zendesk__field_changes') }}
    where field_name = 'assignee_id'

)

select
    'zendesk' as source,
    solves.site_id,
    solves.ticket_id,
    solves.cycle_number,
    -- Without any assignment in the history the ticket's own assignee was the only one.
    case
        when first_assigned.ticket_id is null then solves.last_assignee_id
        else assigned.assignee_id
    end as assignee_id,
    case when solves.has_history then solves.reopened_at is not null end as is_reopened,
    solves.is_estimated,
    true as is_worked,
    solves.opened_at,
    solves.solved_at,
    solves.reopened_at
from solves
left join assigned as first_assigned
    on first_assigned.is_first
    and solves.site_id = first_assigned.site_id
    and solves.ticket_id = first_assigned.ticket_id
left join assigned
    on solves.site_id = assigned.site_id
    and solves.ticket_id = assigned.ticket_id
    and solves.solved_at >= assigned.valid_from
    and (solves.solved_at < assigned.valid_to or assigned.valid_to is null)
union all
-- A case tells its last closing only; whether it was opened again needs CaseHistory. One that was
-- entered as closed was not worked on in Salesforce.
select
    'salesforce' as source,
    site_id,
    ticket_id,
    1 as cycle_number,
    assignee_id,
    cast(null as boolean) as is_reopened,
    false as is_estimated,
    not is_closed_on_create as is_worked,
    created_at as opened_at,
    closed_at as solved_at,
    cast(null as timestamp) as reopened_at
from {{ ref('stg_salesforce__cases') }}
where closed_at is not null
