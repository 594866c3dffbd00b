-- The turns of each Zendesk ticket between unsolved and solved. `closed` after `solved` is no turn.
with history as (

    select site_id, ticket_id, lower(value) as status, changed_at
    from {{ ref('stg_zendesk__field_changes') }}
    where field_name = 'status' and value is not null and lower(value) not in ('', 'deleted')

),

history_ends as (

    select site_id, ticket_id, max(changed_at) as last_changed_at
    from history
    group by site_id, ticket_id

),

-- What the ticket itself says counts as its last known status: the history may be missing or cut. When
-- it was solved the metrics may know; its last update is only an upper bound.
own as (

    select
        tickets.site_id,
        tickets.ticket_id,
        tickets.status,
        case
            when tickets.status not in ({{ literals(var('solved_statuses')) }}) then null
            when metrics.solved_at <= history_ends.last_changed_at then null
            else metrics.solved_at
        end as solved_at,
        tickets.updated_at,
        history_ends.last_changed_at is not null as has_history
    from {{ ref('stg_zendesk__tickets') }} as tickets
    left join history_ends
        on tickets.site_id = history_ends.site_id and tickets.ticket_id = history_ends.ticket_id
    left join {{ ref('stg_zendesk__ticket_metrics') }} as metrics
        on tickets.site_id = metrics.site_id and tickets.ticket_id = metrics.ticket_id
    where tickets.status <> 'deleted'
        and (history_ends.last_changed_at is null or tickets.updated_at > history_ends.last_changed_at)

),

statuses as (

    select
        site_id,
        ticket_id,
        status in ({{ literals(var('solved_statuses')) }}) as is_solved,
        true as has_history,
        false as is_estimated,
        changed_at
    from history
    union all
    select
        site_id,
        ticket_id,
        status in ({{ literals(var('solved_statuses')) }}) as is_solved,
        has_history,
        solved_at is null as is_estimated,
        coalesce(solved_at, updated_at) as changed_at
    from own

),

followed as (

    select
        *,
        coalesce(
            lag(is_solved) over (partition by site_id, ticket_id order by changed_at, is_estimated), false
        ) as was_solved
    from statuses

)

select
    site_id,
    ticket_id,
    is_solved,
    has_history,
    is_estimated,
    changed_at
from followed
where is_solved <> was_solved
