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

{#- A sum that does not depend on the order of its rows, as that of fractional doubles does. -#}
{% macro exact_sum(amount) -%}
    cast(sum(cast({{ amount }} as decimal(28, 9))) as double)
{%- endmacro %}

{#- Whether a condition holds for any row of a group. -#}
{% macro any_where(condition) -%}
    max(case when {{ condition }} then 1 else 0 end) = 1
{%- endmacro %}

{#- What a ratio is multiplied by to stand in its unit. -#}
{% macro unit_factor(unit) -%}
    case {{ unit }} when 'per_thousand' then 1000 when 'per_hour' then 3600 when 'net_score' then 100 else 1 end
{%- endmacro %}
