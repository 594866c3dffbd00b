-- Every value with its target, attainment and nominal weight. Where a score has it, target and attainment
-- are the score's: of the parts that the period was cut into, for new hires on their ramp.
with measured as (

    select
        kpi_values.*,
        subjects.subject_label,
        subjects.site_id,
        subjects.site_label,
        subjects.vendor,
        subjects.department,
        subjects.team,
        subjects.role,
        subjects.hire_date,
        periods.period_label,
        periods.period_end,
        periods.reference_date,
        periods.is_published,
        {{ label('kpis') }} as kpi_label,
        kpis.label_zh as kpi_label_zh,
        kpis.perspective,
        kpis.unit,
        kpis.shape,
        kpis.interval_method,
        kpis.numerator as numerator_measure,
        coalesce(
            coalesce(kpi_values.denominator, kpi_values.numerator) >= kpis.minimum_denominator, false
        ) as is_measured_enough,
        earlier.value as previous_value
    from {{ ref('int_scores__values') }} as kpi_values
    inner join {{ ref('int_kpis__periods') }} as periods
        on kpi_values.period_type = periods.period_type
        and kpi_values.period_start = periods.period_start
    inner join {{ ref('kpis') }} as kpis on kpi_values.kpi_code = kpis.kpi_code
    inner join {{ ref('int_kpis__subjects') }} as subjects
        on kpi_values.subject_type = subjects.subject_type
        and kpi_values.subject_id = subjects.subject_id
        and kpi_values.period_type = subjects.period_type
        and kpi_values.period_start = subjects.period_start
    left join {{ ref('int_scores__values') }} as earlier
        on kpi_values.subject_type = earlier.subject_type
        and kpi_values.subject_id = earlier.subject_id
        and kpi_values.kpi_code = earlier.kpi_code
        and kpi_values.period_type = earlier.period_type
        and earlier.period_start = {{ previous_period('kpi_values') }}

),

targeted as (

    select
        measured.*,
        scores.scheme,
        scores.weight,
        scores.effective_weight,
        scores.contribution,
        scores.attainment as scored_attainment,
        scores.is_suspended,
        case when scores.kpi_code is null then measured.is_measured_enough else scores.is_reliable end as is_reliable,
        {%- for column in ['low_floor', 'low_target', 'floor', 'target', 'stretch'] %}
        case when scores.kpi_code is null then targets.{{ column }} else scores.{{ column }} end as {{ column }},
        {%- endfor %}
        coalesce(scores.cap, targets.cap) as cap
    from measured
    left join {{ ref('int_kpis__targets') }} as targets
        on measured.subject_type = targets.subject_type
        and measured.subject_id = targets.subject_id
        and measured.period_type = targets.period_type
        and measured.period_start = targets.period_start
        and measured.kpi_code = targets.kpi_code
    left join {{ ref('int_scores__kpis') }} as scores
        on measured.subject_type = scores.subject_type
        and measured.subject_id = scores.subject_id
        and measured.period_type = scores.period_type
        and measured.period_start = scores.period_start
        and measured.kpi_code = scores.kpi_code

)

select
    *,
    coalesce(scored_attainment, {{ attainment('value') }}) as attainment
from targeted
