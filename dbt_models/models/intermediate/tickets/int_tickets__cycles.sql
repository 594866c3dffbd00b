-- What fct_ticket_cycles is to hold; compared with the last publication before it is replaced.
select
    cycles.source,
    cycles.site_id,
    cycles.ticket_id,
    cycles.cycle_number,
    people.employee_id,
    people.agent_login,
    {{ seconds_between('cycles.opened_at', 'cycles.solved_at') }} as resolution_seconds,
    business.business_seconds as resolution_business_seconds,
    cycles.is_reopened,
    cycles.is_estimated,
    cycles.is_worked,
    tickets.is_deleted,
    coalesce(
        people.work_date, cast({{ to_local('cycles.solved_at', 'sites.time_zone') }} as date)
    ) as work_date,
    cycles.opened_at,
    cycles.solved_at,
    cycles.reopened_at
from {{ ref('int_tickets__resolutions') }} as cycles
inner join {{ ref('stg_seeds__sites') }} as sites on cycles.site_id = sites.site_id
inner join {{ ref('int_tickets__standing') }} as tickets
    on cycles.source = tickets.source
    and cycles.site_id = tickets.site_id
    and cycles.ticket_id = tickets.ticket_id
left join {{ ref('int_tickets__people') }} as people
    on cycles.source = people.source
    and cycles.site_id = people.site_id
    and cycles.assignee_id = people.user_id
    and cycles.solved_at = people.acted_at
left join {{ ref('int_tickets__business_seconds') }} as business
    on cycles.source = 'zendesk'
    and cycles.site_id = business.site_id
    and cycles.ticket_id = business.ticket_id
    and cycles.opened_at = business.started_at
    and cycles.solved_at = business.ended_at
