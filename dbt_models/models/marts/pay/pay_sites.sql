-- A connection of a dashboard opens one file: what pay says of sites in words has to lie beside it.
select
    site_id,
    {{ label("sites") }} as site_label,
    vendor
from {{ ref('stg_seeds__sites') }} as sites
