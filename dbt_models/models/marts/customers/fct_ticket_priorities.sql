-- What happened to tickets, each on its own day and by whoever did it.
with tickets as (

    select *, lower(priority) as priority_name
    from {{ ref('fct_tickets') }}

),

events as (

    select
        'created' as kind,
        site_id,
        assignee_employee_id as employee_id,
        priority_name,
        cast(null as bigint) as seconds,
        last_solved_at is null as is_open,
        work_date
    from tickets
    where not is_deleted
    union all
    select
        'responded' as kind,
        site_id,
        responder_employee_id as employee_id,
        priority_name,
        first_response_seconds as seconds,
        false as is_open,
        first_response_date as work_date
    from tickets
    where not is_deleted and first_response_at is not null
    union all
    select
        case when cycles.is_reopened then 'reopened' else 'solved' end as kind,
        cycles.site_id,
        cycles.employee_id,
        tickets.priority_name,
        case when not cycles.is_estimated and cycles.is_worked then cycles.resolution_seconds end as seconds,
        false as is_open,
        cycles.work_date
    from {{ ref('fct_ticket_cycles') }} as cycles
    inner join tickets
        on cycles.source = tickets.source
        and cycles.site_id = tickets.site_id
        and cycles.ticket_id = tickets.ticket_id
    where not cycles.is_deleted

),

placed as (

    select
        events.*,
        {{ label('sites') }} as site_label,
        coalesce(employees.vendor, sites.vendor) as vendor,
        employees.team
    from events
    inner join {{ ref('stg_seeds__sites') }} as sites on events.site_id = sites.site_id
    left join {{ ref('dim_employee') }} as employees
        on events.employee_id = employees.employee_id
        and events.work_date >= employees.valid_from
        and (events.work_date < employees.valid_to or employees.valid_to is null)

)

select
    site_id,
    site_label,
    vendor,
    team,
    priority_name as priority,
    cast({{ count_where("kind = 'created'") }} as bigint) as created_count,
    cast({{ count_where('is_open') }} as bigint) as open_count,
    cast({{ count_where("kind = 'responded'") }} as bigint) as responded_count,
    cast(sum(case when kind = 'responded' then seconds end) as bigint) as response_seconds,
    cast({{ count_where("kind in ('solved', 'reopened')") }} as bigint) as solved_count,
    cast({{ count_where("kind = 'reopened'") }} as bigint) as reopened_count,
    cast(count(case when kind in ('solved', 'reopened') then seconds end) as bigint) as timed_count,
    cast(sum(case when kind in ('solved', 'reopened') then seconds end) as bigint) as resolution_seconds,
    work_date
from placed
group by site_id, site_label, vendor, team, priority_name, work_date
