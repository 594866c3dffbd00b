-- Σ (weight × points / most points) / Σ applicable weight; an auto-fail makes it 0.
with items as (

    select
        evaluation_id,
        cast(count(*) as integer) as item_count,
        {{ exact_sum('case when score is not null then weight end') }} as applicable_weight,
        {{ exact_sum('weight * score') }} as earned_weight,
        {{ any_where("is_missed and is_autofail") }} as is_autofailed,
        {{ any_where("is_missed and error_class = 'customer'") }} as has_customer_error,
        {{ any_where("is_missed and error_class = 'business'") }} as has_business_error,
        {{ any_where("is_missed and error_class = 'compliance'") }} as has_compliance_error
    from {{ ref('fct_quality_items') }}
    group by evaluation_id

),

calibrations as (

    select distinct evaluation_id from {{ ref('stg_quality__items') }} where is_calibration

),

evaluations as (

    select * from {{ ref('stg_quality__items') }} where recency = 1

),

held as (

    {{ held_contacts(
        'evaluations', ['evaluation_id'], 'evaluations.evaluated_at',
        first='case when legs.employee_id = evaluations.employee_ref then 0 else 1 end'
    ) }}

),

placed as (

    select
        evaluations.*,
        held.contact_id,
        held.queue_id,
        coalesce(held.is_excluded, false) as is_excluded,
        employees.employee_id,
        coalesce(held.site_id, assignments.site_id, evaluations.site_id) as place
    from evaluations
    left join held
        on evaluations.evaluation_id = held.evaluation_id and held.recency = 1 and held.is_one_site
    left join {{ ref('stg_hr__employees') }} as employees
        on evaluations.employee_ref = employees.employee_id
    left join {{ ref('dim_employee') }} as assignments
        on evaluations.employee_ref = assignments.employee_id
        and cast(evaluations.evaluated_at as date) >= assignments.valid_from
        and (
            cast(evaluations.evaluated_at as date) < assignments.valid_to
            or assignments.valid_to is null
        )

)

select
    placed.evaluation_id,
    placed.contact_id,
    placed.employee_id,
    placed.evaluator_id,
    placed.queue_id,
    placed.place as site_id,
    placed.contact_ref,
    placed.employee_ref,
    placed.form,
    placed.form_version,
    items.item_count,
    items.applicable_weight,
    case when items.is_autofailed then 0 else items.earned_weight end as earned_weight,
    case when items.is_autofailed then 0 else items.earned_weight end
    / nullif(items.applicable_weight, 0) as score,
    items.is_autofailed,
    items.has_customer_error,
    items.has_business_error,
    items.has_compliance_error,
    calibrations.evaluation_id is not null as is_calibration,
    placed.is_excluded,
    cast({{ to_local('placed.evaluated_at', 'sites.time_zone') }} as date) as work_date,
    placed.evaluated_at
from placed
inner join items on placed.evaluation_id = items.evaluation_id
inner join {{ ref('stg_seeds__sites') }} as sites on placed.place = sites.site_id
left join calibrations on placed.evaluation_id = calibrations.evaluation_id
