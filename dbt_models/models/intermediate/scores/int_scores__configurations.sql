-- What counts for whom and when: cut only where a weight, a target or a suspension really changes, so
-- that a row rewritten with the same values splits nobody's month.
with worded as (

    select
        *,
        concat_ws(
            '|', scheme, measured_on, weight, is_suspended, cap,
            {%- for column in ['low_floor', 'low_target', 'floor', 'target', 'stretch'] %}
            coalesce(cast({{ column }} as varchar), ''){{ ',' if not loop.last }}
            {%- endfor %}
        ) as wording
    from {{ ref('int_scores__settings') }}
    where target_fit = 1

),

compared as (

    select
        *,
        case when lag(wording) over rows_of_kpi = wording and lag(ends_on) over rows_of_kpi = starts_on then 0
            else 1
        end as is_new
    from worded
    window rows_of_kpi as (partition by subject_type, role, site_id, kpi_code order by starts_on)

),

numbered as (

    select
        *,
        sum(is_new) over (
            partition by subject_type, role, site_id, kpi_code
            order by starts_on
            rows between unbounded preceding and current row
        ) as configuration_number
    from compared

)

select
    subject_type,
    role,
    site_id,
    kpi_code,
    max(scheme) as scheme,
    max(measured_on) as measured_on,
    max(shape) as shape,
    max(weight) as weight,
    max(low_floor) as low_floor,
    max(low_target) as low_target,
    max(floor) as floor,
    max(target) as target,
    max(stretch) as stretch,
    max(cap) as cap,
    {{ any_where('is_suspended') }} as is_suspended,
    min(starts_on) as valid_from,
    max(ends_on) as valid_to
from numbered
group by subject_type, role, site_id, kpi_code, configuration_number
