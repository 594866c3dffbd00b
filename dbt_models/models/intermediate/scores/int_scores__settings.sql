-- What counts for whom between any two dates on which the organisation changed something.
with contexts as (

    select distinct subject_type, coalesce(role, '') as role, coalesce(site_id, '') as site_id
    from {{ ref('int_scores__placements') }}

),

boundaries as (

    select date '1900-01-01' as starts_on
    {%- for seed in ['kpi_weights', 'kpi_targets', 'kpi_suspensions'] %}
    {%- for column in ['valid_from', 'valid_to'] %}
    union
    select {{ column }} as starts_on from {{ ref(seed) }} where {{ column }} is not null
    {%- endfor %}
    {%- endfor %}

),

intervals as (

    select
        starts_on,
        coalesce(lead(starts_on) over (order by starts_on), date '9999-12-31') as ends_on
    from boundaries

),

-- Rows for the role stand for all rows of the scheme that hold for every role.
weighted as (

    select
        contexts.subject_type,
        contexts.role,
        contexts.site_id,
        intervals.starts_on,
        intervals.ends_on,
        weights.scheme,
        weights.kpi_code,
        coalesce(weights.measured_on, contexts.subject_type) as measured_on,
        weights.weight,
        kpis.shape,
        dense_rank() over (
            partition by contexts.subject_type, contexts.role, contexts.site_id, intervals.starts_on
            order by case when weights.role = '*' then 1 else 0 end
        ) as fit
    from contexts
    cross join intervals
    inner join {{ ref('kpi_weights') }} as weights
        on contexts.subject_type = weights.subject_type
        and weights.role in (contexts.role, '*')
        and weights.valid_from <= intervals.starts_on
        and (weights.valid_to > intervals.starts_on or weights.valid_to is null)
    inner join {{ ref('kpis') }} as kpis on weights.kpi_code = kpis.kpi_code and not kpis.is_retired

)

select
    weighted.*,
    targets.low_floor,
    targets.low_target,
    targets.floor,
    targets.target,
    targets.stretch,
    coalesce(targets.cap, 100) as cap,
    suspensions.kpi_code is not null as is_suspended,
    row_number() over (
        partition by
            weighted.subject_type, weighted.role, weighted.site_id, weighted.kpi_code, weighted.starts_on
        order by {{ target_specificity('targets') }} desc, targets.valid_from desc
    ) as target_fit
from weighted
left join {{ ref('kpi_targets') }} as targets
    on weighted.kpi_code = targets.kpi_code
    and targets.subject_type in (weighted.subject_type, '*')
    and targets.role in (weighted.role, '*')
    and targets.site_id in (weighted.site_id, '*')
    and targets.queue_id = '*'
    and targets.valid_from <= weighted.starts_on
    and (targets.valid_to > weighted.starts_on or targets.valid_to is null)
left join {{ ref('kpi_suspensions') }} as suspensions
    on weighted.kpi_code = suspensions.kpi_code
    and suspensions.site_id in (weighted.site_id, '*')
    and suspensions.valid_from <= weighted.starts_on
    and (suspensions.valid_to > weighted.starts_on or suspensions.valid_to is null)
where weighted.fit = 1
