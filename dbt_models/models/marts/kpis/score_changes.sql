{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('period_type, period_start', ref('int_kpis__periods') ~ ' where is_published') }}",
    )
}}

select
    changes.subject_type,
    changes.subject_id,
    changes.period_type,
    changes.kpi_code,
    changes.performance_points,
    changes.target_points,
    changes.weight_points,
    changes.mix_points,
    changes.performance_points + changes.target_points + changes.weight_points + changes.mix_points
        as points_change,
    changes.period_start
from {{ ref('int_scores__changes') }} as changes
inner join {{ ref('int_kpis__periods') }} as periods
    on changes.period_type = periods.period_type
    and changes.period_start = periods.period_start
where periods.is_published
order by period_type, period_start
