-- Each part with its own numbers and target. Whether a KPI is reliable is decided once, by all that the
-- period has of it.
with scaled as (

    select
        subject_type,
        subject_id,
        period_type,
        kpi_code,
        scheme,
        role,
        team,
        site_id,
        measured_on,
        measured_id,
        shape,
        numerator,
        denominator,
        value,
        {%- for column in ['low_floor', 'low_target', 'floor', 'target', 'stretch'] %}
        {{ column }} * target_factor as {{ column }},
        {%- endfor %}
        cap,
        target_factor,
        weight,
        weighted_days,
        scheme_days,
        is_suspended,
        minimum_denominator,
        sum(
            case
                when is_suspended then 0
                when aggregation in ('ratio', 'sum') then coalesce(denominator, numerator)
                else denominator / part_count
            end
        ) over kpi_parts as counted,
        period_start,
        part_start,
        part_end,
        part_days
    from {{ ref('int_scores__part_values') }}
    window kpi_parts as (partition by subject_type, subject_id, period_type, period_start, kpi_code)

),

attained as (

    select
        *,
        {{ attainment('value') }} as attainment,
        coalesce(counted >= minimum_denominator, false) as is_reliable
    from scaled

)

select
    *,
    case
        when is_suspended then 'suspended'
        when value is null then 'missing'
        when target is null then 'no_target'
        when not is_reliable then 'unreliable'
        else 'scored'
    end as status
from attained
