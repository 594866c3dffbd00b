-- What fct_tickets is to hold; compared with the last publication before it is replaced.
with solved as (

    select
        source,
        site_id,
        ticket_id,
        count(*) as cycle_count,
        count(reopened_at) as reopen_count,
        min(solved_at) as first_solved_at,
        max(solved_at) as last_solved_at
    from {{ ref('int_tickets__cycles') }}
    group by source, site_id, ticket_id

),

responded as (

    select
        responses.site_id,
        responses.ticket_id,
        responses.responded_at,
        {{ seconds_between('responses.created_at', 'responses.responded_at') }} as response_seconds,
        business.business_seconds,
        people.employee_id,
        people.agent_login,
        people.work_date
    from {{ ref('int_tickets__first_responses') }} as responses
    inner join {{ ref('int_tickets__people') }} as people
        on people.source = 'zendesk'
        and responses.site_id = people.site_id
        and responses.user_id = people.user_id
        and responses.responded_at = people.acted_at
    left join {{ ref('int_tickets__business_seconds') }} as business
        on responses.site_id = business.site_id
        and responses.ticket_id = business.ticket_id
        and responses.created_at = business.started_at
        and responses.responded_at = business.ended_at

)

select
    tickets.source,
    tickets.site_id,
    tickets.ticket_id,
    case
        when tickets.requester_id is not null
            then {{ surrogate_key(['tickets.source', 'tickets.site_id', 'tickets.requester_id']) }}
    end as requester_key,
    assignees.employee_id as assignee_employee_id,
    assignees.agent_login as assignee_login,
    responded.employee_id as responder_employee_id,
    responded.agent_login as responder_login,
    tickets.status,
    tickets.priority,
    tickets.channel,
    coalesce(solved.cycle_count, 0) as cycle_count,
    -- Without a history of the status nobody knows how often it was opened again, unless Zendesk counted.
    case
        when tickets.has_history then coalesce(solved.reopen_count, 0)
        else metrics.reopen_count
    end as reopen_count,
    responded.response_seconds as first_response_seconds,
    responded.business_seconds as first_response_business_seconds,
    tickets.is_deleted,
    tickets.has_history,
    cast({{ to_local('tickets.created_at', 'sites.time_zone') }} as date) as work_date,
    responded.work_date as first_response_date,
    tickets.created_at,
    responded.responded_at as first_response_at,
    solved.first_solved_at,
    solved.last_solved_at
from {{ ref('int_tickets__standing') }} as tickets
inner join {{ ref('stg_seeds__sites') }} as sites on tickets.site_id = sites.site_id
left join {{ ref('int_tickets__people') }} as assignees
    on tickets.source = assignees.source
    and tickets.site_id = assignees.site_id
    and tickets.assignee_id = assignees.user_id
    and tickets.updated_at = assignees.acted_at
left join responded
    on tickets.source = 'zendesk'
    and tickets.site_id = responded.site_id
    and tickets.ticket_id = responded.ticket_id
left join solved
    on tickets.source = solved.source
    and tickets.site_id = solved.site_id
    and tickets.ticket_id = solved.ticket_id
left join {{ ref('stg_zendesk__ticket_metrics') }} as metrics
    on tickets.source = 'zendesk'
    and tickets.site_id = metrics.site_id
    and tickets.ticket_id = metrics.ticket_id
