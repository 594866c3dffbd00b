-- What a person's score lacks to the target, KPI by KPI, and when somebody last spoke with them about it.
with missing as (

    select
        subject_id as employee_id,
        period_type,
        kpi_code,
        -- Sums of decimals do not depend on their order.
        sum(cast(points as decimal(18, 9))) as points,
        sum(cast(100 * effective_weight as decimal(18, 9))) as target_points,
        period_start
    from {{ ref('score_parts') }}
    where subject_type = 'employee' and period_type in ('month', 'quarter') and status = 'scored'
    group by subject_id, period_type, kpi_code, period_start
    having sum(cast(points as decimal(18, 9))) < sum(cast(100 * effective_weight as decimal(18, 9)))

),

-- Who was coached on a KPI was coached on its variants: `fcr` counts for `fcr_settled`.
coached as (

    select
        missing.employee_id,
        missing.period_type,
        missing.kpi_code,
        missing.period_start,
        count(*) as session_count,
        max(sessions.work_date) as last_coached_date
    from missing
    inner join {{ ref('fct_coaching') }} as sessions
        on missing.employee_id = sessions.employee_id
        and (
            missing.kpi_code = sessions.kpi_code
            or starts_with(missing.kpi_code, concat(sessions.kpi_code, '_'))
        )
        and sessions.work_date < case
            when missing.period_type = 'month' then {{ shift_period('month', 'missing.period_start', 1) }}
            else {{ shift_period('quarter', 'missing.period_start', 1) }}
        end
    group by missing.employee_id, missing.period_type, missing.kpi_code, missing.period_start

)

select
    missing.employee_id,
    missing.period_type,
    missing.kpi_code,
    cast(row_number() over (
        partition by missing.employee_id, missing.period_type, missing.period_start
        order by missing.target_points - missing.points desc, missing.kpi_code
    ) as integer) as need_order,
    cast(coalesce(coached.session_count, 0) as integer) as session_count,
    cast(missing.points as double) as points,
    cast(missing.target_points as double) as target_points,
    cast(missing.target_points - missing.points as double) as missing_points,
    missing.period_start,
    coached.last_coached_date
from missing
left join coached
    on missing.employee_id = coached.employee_id
    and missing.period_type = coached.period_type
    and missing.kpi_code = coached.kpi_code
    and missing.period_start = coached.period_start
