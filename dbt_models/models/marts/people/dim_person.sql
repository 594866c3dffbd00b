-- Everybody under a name of their own, in the place that HR gave them last.
with placed as (

    select
        *,
        row_number() over (partition by employee_id order by valid_from desc) as recency
    from {{ ref('dim_employee') }}
    where valid_from <= cast(timestamp '{{ var("as_of") }}' as date)

)

select
    placed.employee_id,
    placed.supervisor_id,
    placed.site_id,
    coalesce(placed.full_name, placed.employee_id)
    || case
        when count(*) over (partition by placed.full_name) > 1 and placed.full_name is not null
            then ' (' || placed.employee_id || ')'
        else ''
    end as person_label,
    placed.role,
    placed.team,
    {{ label("sites") }} as site_label,
    placed.vendor,
    placed.valid_to is null
    or placed.valid_to > cast(timestamp '{{ var("as_of") }}' as date) as is_employed
from placed
left join {{ ref('stg_seeds__sites') }} as sites on placed.site_id = sites.site_id
where placed.recency = 1
