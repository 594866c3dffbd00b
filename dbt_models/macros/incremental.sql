{#-
    How facts stay up to date without being rebuilt: the rows whose keys a run touches are deleted,
    then the model appends what its query gives for the same keys. Deleting by the touched keys, not
    by the keys of the new rows, also removes what no longer exists. Both happen in the model's one
    transaction. Where `days` names the days on which such rows stand, before and now, no other day is
    looked through: facts are written in the order of their days, results in that of their periods.
-#}
{% macro delete_touched(columns, touched, days=none) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where ({{ columns }}) in (select {{ columns }} from {{ touched }})
        {%- if days is not none %}
            and work_date in (select work_date from {{ days }})
        {%- endif %}
    {%- endif -%}
{%- endmacro %}

{#-
    Whether there is a publication to build upon. While dbt parses it reads the incremental branches,
    whose references are the wider ones.
-#}
{% macro is_incremental_run() -%}
    {%- if not execute -%}
        {{ return(true) }}
    {%- endif -%}
    {{ return(published('fct_measures') is not none) }}
{%- endmacro %}

{#- The relation as the last publication left it, or nothing on a first run. -#}
{% macro published(identifier) -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {{ return(adapter.get_relation(database='marts', schema='marts', identifier=identifier)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- A condition that keeps the rows of the calls that this run works on. -#}
{% macro touched_calls_only(relation=none) -%}
    {%- set touched = ref('int_contacts__touched_calls') -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {%- if is_incremental_run() -%}
        ({{ prefix }}site_id, {{ prefix }}callid) in (select site_id, callid from {{ touched }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- The same for a fact, in which these calls stand on few days. -#}
{% macro touched_facts_only() -%}
    {%- set days = ref('int_contacts__call_days') -%}
    {{ touched_calls_only() }}
    {%- if is_incremental_run() %}
        and work_date in (select work_date from {{ days }})
    {%- endif -%}
{%- endmacro %}

{#- A condition that keeps the days that this run reads, or only those that it rebuilds. -#}
{% macro touched_days_only(column, days='int_measures__touched_days') -%}
    {%- set touched = ref(days) -%}
    {%- if is_incremental_run() -%}
        {{ column }} in (select work_date from {{ touched }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#-
    The days on which a small mart that is rebuilt whole differs from its last publication; `fresh`
    has the mart's own columns, `day` the one that dates its rows, or several. A first run touches every
    day anyway.
-#}
{% macro changed_work_dates(mart, fresh, day='work_date') -%}
    {%- set before = published(mart) -%}
    {%- set changed = [fresh] -%}
    {%- if is_incremental_run() and before is not none -%}
        {%- set changed = [
            '(select * from ' ~ fresh ~ ' except select * from ' ~ before ~ ')',
            '(select * from ' ~ before ~ ' except select * from ' ~ fresh ~ ')',
        ] -%}
    {%- endif -%}
    {%- for rows in changed %}
    {%- for date in ([day] if day is string else day) %}
select {{ date }} as work_date from {{ rows }} where {{ date }} is not null
    {%- if not loop.last %}
union
    {%- endif %}
    {%- endfor %}
    {%- if not loop.last %}
union
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
