{#-
    What analysts read: after a mart is built, its copy in the database `analyst`, without whatever tells
    who somebody is. Each text column says in its `meta` what becomes of it:

    keep        as it is
    pseudonym   the keyed hash of an id that leads to an employee or a customer: the same one in every mart
    subject     the pseudonym of `subject_id` where the subject is an employee, else as it is: an id, or a
                label that may name the person
    month       a day that singles people out, as the first day of its month
    leave_out   not there; and so is a text column that says nothing

    Other columns are figures, and are kept. A model whose `meta` says `analyst: leave_out` has no copy;
    `analyst_rows` restricts the rows. Of an incremental mart only the touched rows are written anew.
-#}
{% macro write_for_analysts() -%}
    {%- set meta = model.config.meta -%}
    {%- if execute and this.database == 'marts' and meta.get('analyst') != 'leave_out' -%}
        {%- set name = this.identifier -%}
        {%- set copy = api.Relation.create(database='analyst', schema='marts', identifier=name) -%}
        {#- `adapter.get_relation` would begin a transaction that nobody commits. -#}
        {%- set is_there = run_query(
            "select 1 from information_schema.tables where table_catalog = 'analyst' and table_name = '" ~ name ~ "'"
        ).rows | length > 0 -%}
        {%- set is_whole = flags.FULL_REFRESH or model.config.materialized != 'incremental' -%}
        {%- set touched = 'true' if is_whole or not is_there else _touched_rows() -%}
        {%- if touched == 'true' -%}
            create or replace table {{ copy }} as
        {%- else -%}
            delete from {{ copy }} where {{ touched }};
            insert into {{ copy }} by name
        {%- endif %}
        select
        {%- for column in model.columns.values() if _for_analysts(column) | trim %}
            {{ _for_analysts(column) | trim }} as {{ column.name }},
        {%- endfor %}
        from {{ this }}
        where ({{ touched }}) and ({{ meta.get('analyst_rows', 'true') }})
    {%- endif -%}
{%- endmacro %}

{#- What `delete_touched` deleted, and closed months, whose rows change when they close. -#}
{% macro _touched_rows() -%}
    {{ render(pre_hooks[0].sql).partition(' where ')[2] }}
    {%- if 'is_closed' in model.columns %}
        or period_start in (select period_start from {{ source('ledger', 'closed_periods') }})
    {%- endif -%}
{%- endmacro %}

{% macro _for_analysts(column) -%}
    {%- set is_text = column.data_type == 'varchar' -%}
    {%- set decision = column.meta.get('analyst', 'leave_out' if is_text else 'keep') -%}
    {%- if decision == 'keep' -%}
        {{ column.name }}
    {%- elif decision == 'pseudonym' -%}
        {{ pseudonym(column.name) }}
    {%- elif decision == 'subject' -%}
        case when subject_type = 'employee' then {{ pseudonym('subject_id') }} else {{ column.name }} end
    {%- elif decision == 'month' -%}
        cast(date_trunc('month', {{ column.name }}) as date)
    {%- endif -%}
{%- endmacro %}

{#- The key is a variable of the connection (profiles.yml), so that it stands in no statement and no log. -#}
{% macro pseudonym(id) -%}
    left(sha256(getvariable('pseudonym_key') || ':' || {{ id }}), 16)
{%- endmacro %}
