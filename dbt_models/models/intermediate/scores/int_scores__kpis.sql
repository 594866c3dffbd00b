-- Each KPI of a score, its parts put together; the target shown is that of the last part.
with parts as (

    select
        parts.*,
        scored.is_rated,
        scored.covered_days,
        case when parts.status = 'scored' then parts.weighted_days else 0 end as scored_days,
        case when parts.status in ('scored', 'unreliable') then parts.weighted_days end as readable_days
    from {{ ref('int_scores__parts') }} as parts
    inner join {{ ref('int_scores__scored') }} as scored
        on parts.subject_type = scored.subject_type
        and parts.subject_id = scored.subject_id
        and parts.period_type = scored.period_type
        and parts.period_start = scored.period_start

)

select
    subject_type,
    subject_id,
    period_type,
    kpi_code,
    max_by(scheme, part_start) as scheme,
    max_by(measured_on, part_start) as measured_on,
    max(shape) as shape,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    case when count(*) = 1 then max(value) end as only_value,
    {%- for column in ['low_floor', 'low_target', 'floor', 'target', 'stretch', 'cap'] %}
    max_by({{ column }}, part_start) as {{ column }},
    {%- endfor %}
    cast(sum(cast(readable_days * attainment as decimal(38, 15))) as double)
    / nullif(cast(sum(readable_days) as double), 0) as attainment,
    cast(sum(weighted_days) as double) / nullif(cast(max(scheme_days) as double), 0) as weight,
    case
        when max(case when is_rated then 1 else 0 end) = 1
            then cast(sum(scored_days) as double) / nullif(max(covered_days), 0)
    end as effective_weight,
    case
        when max(case when is_rated then 1 else 0 end) = 1
            then cast(sum(cast(scored_days * attainment as decimal(38, 15))) as double) / nullif(max(covered_days), 0)
    end as contribution,
    {{ any_where('is_reliable') }} as is_reliable,
    {{ any_where("status = 'scored'") }} as is_scored,
    {{ any_where("status = 'suspended'") }} as is_suspended,
    period_start
from parts
group by subject_type, subject_id, period_type, period_start, kpi_code
