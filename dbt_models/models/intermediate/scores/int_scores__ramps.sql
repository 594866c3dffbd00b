-- A curve for the role stands for the one that holds for every role.
with steps as (

    -- New hires keep the ramp that was in force on the day they were hired.
    select
        role,
        kpi_code,
        target_factor,
        tenure_days_from,
        lead(tenure_days_from) over (
            partition by role, kpi_code, valid_from order by tenure_days_from
        ) as tenure_days_to,
        valid_from,
        valid_to
    from {{ ref('ramp_curves') }}

),

first_steps as (

    select role, kpi_code, min(tenure_days_from) as tenure_days_to, valid_from, max(valid_to) as valid_to
    from steps
    group by role, kpi_code, valid_from

),

ramps as (

    select role, kpi_code, target_factor, tenure_days_from, tenure_days_to, valid_from, valid_to from steps
    union all
    select role, kpi_code, 1 as target_factor, 0 as tenure_days_from, tenure_days_to, valid_from, valid_to
    from first_steps
    where tenure_days_to > 0

)

select
    roles.role,
    ramps.kpi_code,
    ramps.target_factor,
    ramps.tenure_days_from,
    ramps.tenure_days_to,
    ramps.valid_from,
    ramps.valid_to,
    dense_rank() over (
        partition by roles.role, ramps.kpi_code order by case when ramps.role = '*' then 1 else 0 end
    ) as fit
from (select distinct role from {{ ref('int_scores__placements') }}) as roles
inner join ramps on ramps.role in (roles.role, '*')
