{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('period_type, period_start', ref('int_kpis__periods') ~ ' where is_published') }}",
    )
}}

select
    attained.subject_type,
    attained.subject_id,
    attained.period_type,
    attained.kpi_code,
    attained.subject_label,
    attained.site_id,
    attained.site_label,
    attained.vendor,
    attained.department,
    attained.team,
    attained.role,
    attained.period_label,
    attained.kpi_label,
    attained.kpi_label_zh,
    attained.perspective,
    attained.unit,
    attained.shape,
    case
        when attained.attainment is null then 'No target'
        when attained.attainment >= 100 then 'On target'
        when attained.attainment >= 80 then 'Near target'
        else 'Off target'
    end as target_status,
    attained.numerator,
    attained.denominator,
    attained.value,
    attained.previous_value,
    case
        when attained.interval_method = 'wilson'
            then {{ wilson_bound('attained.numerator', 'attained.denominator', '-') }}
    end as lower_bound,
    case
        when attained.interval_method = 'wilson'
            then {{ wilson_bound('attained.numerator', 'attained.denominator', '+') }}
    end as upper_bound,
    attained.target,
    attained.attainment,
    attained.weight,
    case
        when scored.is_rated and attained.is_reliable and attained.attainment is not null
            then attained.weight / scored.weight_covered
    end as effective_weight,
    case
        when scored.is_rated and attained.is_reliable
            then attained.weight * attained.attainment / scored.weight_covered
    end as contribution,
    attained.is_reliable,
    -- Whether a contact is resolved is known only when the days of waiting for a repeat are over.
    {{ add_seconds('cast(attained.period_end as timestamp)', -1) }}
    <= timestamp '{{ var("as_of") }}'
    - case
        when attained.numerator_measure = 'resolved_contacts' then interval '{{ var("repeat_days") }}' day
        else interval '0' day
    end as is_final,
    attained.period_start
from {{ ref('int_kpis__attained') }} as attained
left join {{ ref('int_kpis__scored') }} as scored
    on attained.subject_type = scored.subject_type
    and attained.subject_id = scored.subject_id
    and attained.period_type = scored.period_type
    and attained.period_start = scored.period_start
where attained.is_published
