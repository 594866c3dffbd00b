{#-
    dbt writes the SQL of a seed to target/run/ followed by the seed's own path. Where `seed-paths` is
    absolute, or climbs above target, that is the seed itself: it would be overwritten. So nothing is written.
-#}
{% macro noop_statement(name=None, message=None, code=None, rows_affected=None, res=None) -%}
    {%- set unwritten = caller() -%}
    {%- if name is not none -%}
        {{ store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) }}
    {%- endif -%}
{%- endmacro %}

{#- Columns by name, since a file may leave some out (see `complete_columns`). -#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {%- set sql -%}
        copy {{ this.render() }} ({{ agate_table.column_names | join(', ') }})
        from '{{ adapter.get_seed_file_path(model) }}' (format csv, header true, delimiter ',')
    {%- endset %}
    {%- do adapter.add_query(sql, abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}

{#- After loading: the described columns that the file does not have, empty. -#}
{% macro complete_columns() -%}
    {%- for name, type in model.config.column_types.items() %}
    alter table {{ this }} add column if not exists {{ name }} {{ type }};
    {%- endfor %}
{%- endmacro %}
