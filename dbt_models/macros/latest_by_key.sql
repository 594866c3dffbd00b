{#- The newest row of each key: by `latest`, then by the file read last, then by its line. -#}
{% macro latest_by_key(feed, keys, latest=none) -%}
    {{ newest_rows(source('raw', feed), keys, latest) }}
{%- endmacro %}

{#- The same of rows that have been read already, such as those known at `as_of`: what came later hides nothing. -#}
{% macro newest_rows(relation, keys, latest=none) -%}
    select *
    from {{ relation }}
    qualify row_number() over (
        partition by {{ keys | join(', ') }}
        order by {% if latest %}{{ latest }} desc nulls last, {% endif %}_path desc, _line_number desc
    ) = 1
{%- endmacro %}

{#- A CSV instant in UTC: with an offset it landed as UTC, without one in the site's local time. -#}
{% macro landed_utc(column, time_zone) -%}
    case when {{ column }}_is_utc then {{ column }} else {{ to_utc(column, time_zone) }} end
{%- endmacro %}
