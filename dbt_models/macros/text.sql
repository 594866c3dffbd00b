{#- A surrogate key in which NULL differs from ''. -#}
{% macro surrogate_key(columns) -%}
    md5(concat_ws('|',
        {%- for column in columns %}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '\N')
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    ))
{%- endmacro %}

{#- A list of values as quoted literals. -#}
{% macro literals(values) -%}
    '{{ values | join("', '") }}'
{%- endmacro %}
