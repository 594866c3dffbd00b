{#-
    A mart in which closed months stand as they were closed. Rows of open months are those of `today`;
    rows of closed ones are the ledger's, and what they would be today stands beside them in the columns
    `restated_<column>`, which are NULL as long as a month is open.

    Where `is_whole`, nothing of today appears in a closed month; else only rows that the ledger has
    too give way. `kept` restricts the ledger's rows.
-#}
{% macro as_closed(table, today, keys, is_whole=false, kept='true') -%}
    {%- set periods = source('ledger', 'closed_periods') -%}
    {%- set ledger = adapter.get_relation(periods.database, periods.schema, table) if execute else none -%}
    {%- set has_ledger = ledger is not none -%}
    {%- set known = adapter.get_columns_in_relation(ledger) | map(attribute='name') | list if has_ledger else [] -%}
select
    {{ _closed_columns('today', none) }}
from {{ today }} as today
    {%- if has_ledger and is_whole %}
where today.period_start not in (select period_start from {{ periods }})
    {%- elif has_ledger %}
where not exists (select 1 from {{ ledger }} as kept where {{ kept }} and {{ _same_keys(keys) }})
    {%- endif %}
    {%- if has_ledger %}
union all
select
    {{ _closed_columns('kept', known) }}
from {{ ledger }} as kept
left join {{ today }} as today on {{ _same_keys(keys) }}
where {{ kept }}
    {%- endif %}
{%- endmacro %}

{% macro _same_keys(keys) -%}
    {%- for key in keys -%}
        today.{{ key }} is not distinct from kept.{{ key }}
        {%- if not loop.last %} and {% endif %}
    {%- endfor -%}
{%- endmacro %}

{#- The columns of the model's contract: of open rows, or of closed ones (`known` are the ledger's). -#}
{% macro _closed_columns(relation, known) -%}
    {%- for name, column in model.columns.items() -%}
        {%- if name == 'is_closed' -%}
            {{ known is not none }} as is_closed
        {%- elif name.startswith('restated_') and known is not none -%}
            cast(today.{{ name.removeprefix('restated_') }} as {{ column.data_type }}) as {{ name }}
        {%- elif name.startswith('restated_') or (known is not none and name not in known) -%}
            cast(null as {{ column.data_type }}) as {{ name }}
        {%- else -%}
            {{ relation }}.{{ name }}
        {%- endif -%}
        {%- if not loop.last %},
    {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{#-
    The same for an incremental mart whose rows of closed months may have been written anew: after it is
    built, what the ledger has goes over them, and what they would be today stays beside it.
-#}
{% macro keep_closed(table, keys, kept='true') -%}
    {%- set periods = source('ledger', 'closed_periods') -%}
    {%- set ledger = adapter.get_relation(periods.database, periods.schema, table) if execute else none -%}
    {%- if ledger is not none -%}
        {%- set known = adapter.get_columns_in_relation(ledger) | map(attribute='name') | list -%}
        update {{ this }} as today
        set is_closed = true
        {%- for name in model.columns if name != 'is_closed' and name not in keys -%}
            {%- if name.startswith('restated_') -%}
                , {{ name }} = today.{{ name.removeprefix('restated_') }}
            {%- elif name in known -%}
                , {{ name }} = kept.{{ name }}
            {%- endif -%}
        {%- endfor %}
        from {{ ledger }} as kept
        where {{ _same_keys(keys) }} and {{ kept }} and not today.is_closed
    {%- endif -%}
{%- endmacro %}

{#- After that: rows that the ledger has, and the mart has no more, come back. -#}
{% macro bring_back_closed(table, keys, kept='true') -%}
    {%- set periods = source('ledger', 'closed_periods') -%}
    {%- set ledger = adapter.get_relation(periods.database, periods.schema, table) if execute else none -%}
    {%- if ledger is not none -%}
        {%- set known = adapter.get_columns_in_relation(ledger) | map(attribute='name') | list -%}
        {%- set names = [] -%}
        {%- for name in model.columns if name in known and name != 'is_closed' and not name.startswith('restated_') -%}
            {%- do names.append(name) -%}
        {%- endfor %}
        insert into {{ this }} (is_closed, {{ names | join(', ') }})
        select true, {% for name in names %}kept.{{ name }}{% if not loop.last %}, {% endif %}{% endfor %}
        from {{ ledger }} as kept
        where {{ kept }}
            and not exists (select 1 from {{ this }} as today where {{ _same_keys(keys) }})
    {%- endif -%}
{%- endmacro %}

{#- A column as it would be today, of a mart in which closed months stand as they were closed. -#}
{% macro restated(relation, column) -%}
    case when {{ relation }}.is_closed then {{ relation }}.restated_{{ column }} else {{ relation }}.{{ column }} end
{%- endmacro %}
