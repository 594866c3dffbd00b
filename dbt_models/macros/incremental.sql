{#-
    How facts stay up to date without being rebuilt: the rows whose keys a run touches are deleted,
    then the model appends what its query gives for the same keys. Deleting by the touched keys, not
    by the keys of the new rows, also removes what no longer exists. Both happen in the model's one
    transaction.
-#}
{% macro delete_touched(columns, touched) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where ({{ columns }}) in (select {{ columns }} from {{ touched }})
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
{% macro touched_calls_only() -%}
    {%- set touched = ref('int_contacts__touched_calls') -%}
    {%- if is_incremental_run() -%}
        (site_id, callid) in (select site_id, callid from {{ touched }})
    {%- else -%}
        true
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
