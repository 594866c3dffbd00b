{{ config(materialized='view') }}

{%- set columns = ['feed', 'agent_login', 'kind', 'reason', 'started_at', 'ended_at'] %}
{%- if source_names('states') %}

{{ source_rows('states', columns) }}

{%- else %}

select
    cast(null as {{ dbt.type_string() }}) as feed,
    cast(null as {{ dbt.type_string() }}) as site_id,
    cast(null as {{ dbt.type_string() }}) as agent_login,
    cast(null as {{ dbt.type_string() }}) as kind,
    cast(null as {{ dbt.type_string() }}) as reason,
    cast(null as timestamp) as started_at,
    cast(null as timestamp) as ended_at
where false

{%- endif %}
