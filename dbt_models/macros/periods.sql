{% macro period_types() -%}
    {{ return(var('period_types')) }}
{%- endmacro %}

{#- The first day of the period that lies so many periods after the one that starts on a day. -#}
{% macro shift_period(period_type, day, count) -%}
    {%- set unit = {'day': (1, 'day'), 'week': (7, 'day'), 'month': (1, 'month'), 'quarter': (3, 'month')}[period_type] -%}
    cast({{ day }} + interval '{{ unit[0] * count }}' {{ unit[1] }} as date)
{%- endmacro %}

{#- The start of the period before that of a row. -#}
{% macro previous_period(row) -%}
    case {{ row }}.period_type
        {%- for period_type in period_types() %}
        when '{{ period_type }}' then {{ shift_period(period_type, row ~ '.period_start', -1) }}
        {%- endfor %}
    end
{%- endmacro %}
