with delivered as (

    select
        items.*,
        {{ landed_utc('items.evaluated_at', 'sites.time_zone') }} as evaluated_utc
    from {{ source('raw', 'quality_evaluations') }} as items
    inner join {{ ref('stg_seeds__sites') }} as sites on items._site_id = sites.site_id
    where {{ landed_utc('items.evaluated_at', 'sites.time_zone') }} <= timestamp '{{ var("as_of") }}'

),

newest as (

    {{ newest_rows('delivered', ['evaluation_id', 'item'], 'evaluated_utc') }}

)

select
    evaluation_id,
    item,
    contact_ref,
    employee_id as employee_ref,
    evaluator_id,
    _site_id as site_id,
    form,
    form_version,
    coalesce(lower(trim(error_class)), 'none') as error_class,
    cast(weight as double) as weight,
    cast(points as double) as points,
    cast(max_points as double) as max_points,
    coalesce(is_applicable, true) as is_applicable,
    coalesce(is_autofail, false) as is_autofail,
    coalesce(is_calibration, false) as is_calibration,
    evaluated_utc as evaluated_at,
    -- Where two rows of one evaluation disagree about it, the last one delivered is right.
    row_number() over (
        partition by evaluation_id
        order by evaluated_utc desc, _path desc, _line_number desc
    ) as recency
from newest
