{#- The newest row of each key: by `latest`, then by the file read last, then by its line. -#}
{% macro latest_by_key(feed, keys, latest=none) -%}
    select *
    from {{ source('raw', feed) }}
    qualify row_number() over (
        partition by {{ keys | join(', ') }}
        order by {% if latest %}{{ latest }} desc nulls last, {% endif %}_path desc, _line_number desc
    ) = 1
{%- endmacro %}

{#- A CSV instant in UTC: with an offset it landed as UTC, without one in the site's local time. -#}
{% macro landed_utc(column, time_zone) -%}
    case when {{ column }}_is_utc then {{ column }} else {{ to_utc(column, time_zone) }} end
{%- endmacro %}
