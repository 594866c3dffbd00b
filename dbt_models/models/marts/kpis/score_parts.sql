{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('period_type, period_start', ref('int_kpis__periods') ~ ' where is_published') }}",
    )
}}

select
    parts.subject_type,
    parts.subject_id,
    parts.period_type,
    parts.kpi_code,
    parts.scheme,
    parts.role,
    parts.team,
    parts.site_id,
    parts.measured_on,
    parts.measured_id,
    parts.shape,
    parts.status,
    parts.numerator,
    parts.denominator,
    parts.value,
    parts.low_floor,
    parts.low_target,
    parts.floor,
    parts.target,
    parts.stretch,
    parts.cap,
    parts.target_factor,
    cast(parts.part_days / nullif(cast(parts.scheme_days as double), 0) as double) as exposure,
    parts.weight,
    cast(parts.weighted_days as double) / nullif(cast(parts.scheme_days as double), 0) as nominal_weight,
    case
        when parts.status = 'scored' and scored.is_rated
            then cast(parts.weighted_days as double) / scored.covered_days
    end as effective_weight,
    parts.attainment,
    case
        when parts.status = 'scored' and scored.is_rated
            then cast(parts.weighted_days as double) * parts.attainment / scored.covered_days
    end as points,
    parts.is_reliable,
    parts.period_start,
    parts.part_start,
    parts.part_end
from {{ ref('int_scores__parts') }} as parts
inner join {{ ref('int_scores__scored') }} as scored
    on parts.subject_type = scored.subject_type
    and parts.subject_id = scored.subject_id
    and parts.period_type = scored.period_type
    and parts.period_start = scored.period_start
inner join {{ ref('int_kpis__periods') }} as periods
    on parts.period_type = periods.period_type
    and parts.period_start = periods.period_start
where periods.is_published
order by period_type, period_start
