{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('period_type, period_start', ref('int_kpis__periods') ~ ' where is_published') }}",
        post_hook=[
            "{{ keep_closed('kpi_results', ['subject_type', 'subject_id', 'period_type', 'period_start', 'kpi_code'], 'kept.is_final') }}",
            "{{ bring_back_closed('kpi_results', ['subject_type', 'subject_id', 'period_type', 'period_start', 'kpi_code'], 'kept.is_final') }}",
        ],
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
    cast(null as double) as restated_value,
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
    cast(null as double) as restated_attainment,
    attained.weight,
    attained.effective_weight,
    attained.contribution,
    shrunk.shrunk_value,
    attained.is_reliable,
    cast(null as boolean) as restated_is_reliable,
    coalesce(attained.is_suspended, false) as is_suspended,
    -- Whether a contact is resolved is known only when the days of waiting for a repeat are over.
    {{ add_seconds('cast(attained.period_end as timestamp)', -1) }}
    <= timestamp '{{ var("as_of") }}'
    - case
        when attained.numerator_measure = 'resolved_contacts' then interval '{{ var("repeat_days") }}' day
        else interval '0' day
    end as is_final,
    false as is_closed,
    attained.period_start
from {{ ref('int_kpis__attained') }} as attained
left join {{ ref('int_kpis__shrunk') }} as shrunk
    on attained.subject_type = shrunk.subject_type
    and attained.subject_id = shrunk.subject_id
    and attained.period_type = shrunk.period_type
    and attained.period_start = shrunk.period_start
    and attained.kpi_code = shrunk.kpi_code
where attained.is_published
order by period_type, period_start
