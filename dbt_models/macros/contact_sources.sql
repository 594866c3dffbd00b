{#-
    Telephony sources that conform by contract: `vars.contact_sources` names, for each, which of
    `contacts`, `visits`, `legs` and `states` it has as `stg_<source>__<part>`, and whether `changes`
    tells which of its calls a run works on.
-#}
{% macro source_names(part) -%}
    {%- set names = [] -%}
    {%- for name, parts in var('contact_sources').items() if part in parts -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#- One part of all sources, each row under its contact's id. -#}
{% macro source_rows(part, columns) -%}
    {%- for name in source_names(part) %}
    select
        {%- if part != 'states' %}
        '{{ name }}:' || site_id || ':' || callid as contact_id,
        callid,
        {%- endif %}
        '{{ name }}' as source,
        site_id,
        {{ columns | join(',\n        ') }}
    from {{ ref('stg_' ~ name ~ '__' ~ part) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#-
    Calls of which a part differs from what was published: new, corrected, gone or ripe by now. Sources
    with `changes` of their own need not be compared.
-#}
{% macro changed_source_calls(part, mart, columns) -%}
    {%- set telling = ['asterisk'] + source_names('changes') -%}
    {%- set compared = "source not in ('" ~ telling | join("', '") ~ "')" -%}
    {%- set listed = (['contact_id', 'site_id', 'callid'] + columns) | join(', ') -%}
    select site_id, callid
    from (
        select {{ listed }} from {{ ref('int_sources__' ~ part) }} where {{ compared }}
        except
        select {{ listed }} from {{ published(mart) }} where {{ compared }}
    ) as fresh
    union
    select site_id, callid
    from (
        select {{ listed }} from {{ published(mart) }} where {{ compared }}
        except
        select {{ listed }} from {{ ref('int_sources__' ~ part) }} where {{ compared }}
    ) as stale
{%- endmacro %}
