{#- The chains that records new, gone or known since the last publication belong to. -#}
{%- set columns = [
    '_site_id as site_id', 'contact_id', 'previous_contact_id',
    'coalesce(initial_contact_id, contact_id) as callid', 'updated_at'
] %}
{%- if not is_incremental_run() %}

select
    cast(null as {{ dbt.type_string() }}) as site_id,
    cast(null as {{ dbt.type_string() }}) as callid
where false

{%- else %}

with delivered as (

    select {{ columns | join(', ') }} from {{ source('raw', 'connect_contact_records') }}
    union all
    select {{ columns | join(', ') }} from {{ source('superseded', 'connect_contact_records') }}

),

changed as (

    {{ changed_rows('connect_contact_records', columns) }}
    union
    select delivered.*
    from delivered
    inner join {{ source('landing', 'run') }} as run on delivered.updated_at > run.previous_as_of

),

-- A record decides on the one that it follows, in any version.
concerned as (

    select site_id, contact_id from changed
    union
    select delivered.site_id, delivered.previous_contact_id as contact_id
    from delivered
    inner join changed
        on delivered.site_id = changed.site_id and delivered.contact_id = changed.contact_id
    where delivered.previous_contact_id is not null

)

select distinct delivered.site_id, delivered.callid
from delivered
inner join concerned
    on delivered.site_id = concerned.site_id and delivered.contact_id = concerned.contact_id

{%- endif %}
