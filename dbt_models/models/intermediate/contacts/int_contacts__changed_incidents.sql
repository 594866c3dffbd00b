{#- Times in which contacts may be excluded now and were not before, or the other way round. -#}
{%- set incident = 'incident_id, site_id, queue_id, started_at, ended_at' -%}
{%- if not is_incremental_run() %}

select
    cast(null as {{ dbt.type_string() }}) as site_id,
    cast(null as timestamp) as changed_from,
    cast(null as timestamp) as changed_to
where false

{%- else %}

with changed as (

    (
        select {{ incident }} from {{ ref('stg_operations__incidents') }}
        except
        select {{ incident }} from {{ published('fct_incidents') }}
    )
    union all
    (
        select {{ incident }} from {{ published('fct_incidents') }}
        except
        select {{ incident }} from {{ ref('stg_operations__incidents') }}
    )

)

select
    site_id,
    started_at as changed_from,
    coalesce(ended_at, timestamp '9999-12-31') as changed_to
from changed

{%- endif %}
