-- A file outside any site folder belongs to the site `default`; a site that nobody has described yet,
-- of a folder or of HR, keeps its name. Both live in UTC.
with described as (

    select site_id, label_en, label_zh, time_zone, vendor, currency from {{ ref('sites') }}

),

found as (

    select distinct site_id from {{ source('landing', 'files') }} where site_id is not null
    union
    select distinct site as site_id from {{ source('raw', 'hr_assignments') }} where site is not null
    union
    select distinct site as site_id from {{ source('raw', 'hr_identities') }} where site is not null
    union
    select 'default' as site_id

)

select * from described
union all
select
    found.site_id,
    case when found.site_id = 'default' then 'Default site' else found.site_id end as label_en,
    case when found.site_id = 'default' then '默认站点' else found.site_id end as label_zh,
    'UTC' as time_zone,
    'in_house' as vendor,
    cast(null as {{ dbt.type_string() }}) as currency
from found
left join described on found.site_id = described.site_id
where described.site_id is null
