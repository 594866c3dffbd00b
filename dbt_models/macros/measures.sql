{#- The subject of an agent's work: the employee, else the login that nobody owns. -#}
{% macro agent_subject(employee_id, agent_login) -%}
    coalesce({{ employee_id }}, 'login:' || site_id || ':' || coalesce({{ agent_login }}, 'unknown'))
{%- endmacro %}

{#- Wide -> long: a row per measure that is not empty, of `{relation: [measures]}`. -#}
{% macro long_measures(relations, keys) -%}
    {%- for relation, measures in relations.items() %}
    {%- for measure in measures %}
select {{ keys }}, '{{ measure }}' as measure, cast({{ measure }} as double) as amount
from {{ relation }}
where {{ measure }} <> 0
    {%- if not loop.last %}
union all
    {%- endif %}
    {%- endfor %}
    {%- if not loop.last %}
union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
