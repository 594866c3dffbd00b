{#-
    A feed's rows of the parts that are new or gone since the last publication; on a first run, all.
-#}
{% macro changed_rows(feed, columns) -%}
    select {{ columns | join(', ') }}
    from {{ source('raw', feed) }}
    {%- if is_incremental_run() %}
    where _part in (select part from {{ ref('stg_landing__changed_parts') }} where state = 'new')
    union
    select {{ columns | join(', ') }}
    from {{ source('superseded', feed) }}
    where _part in (select part from {{ ref('stg_landing__changed_parts') }} where state = 'gone')
    {%- endif %}
{%- endmacro %}
