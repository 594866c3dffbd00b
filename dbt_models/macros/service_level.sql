{#-
    The six service levels, a visit at a time (source: ICMI, "service level: six right answers"):
    what counts above and below the line. *Queued* stands for "answered + abandoned", so that sending
    callers elsewhere is no success.
-#}
{% macro service_level_variants() -%}
    {{ return([
        'all_within', 'answered_base', 'offered_base', 'late_abandons', 'short_as_met', 'short_removed'
    ]) }}
{%- endmacro %}

{% macro count_where(condition) -%}
    sum(case when {{ condition }} then 1 else 0 end)
{%- endmacro %}

{#- 1 where the visit meets the service level of a variant (a column or a quoted name), else 0. -#}
{% macro service_level_met(variant) -%}
    case
        when outcome = 'answered' and is_within_threshold then 1
        when {{ variant }} = 'all_within' and outcome = 'abandoned' and is_within_threshold then 1
        when {{ variant }} = 'short_as_met' and is_short_abandon then 1
        else 0
    end
{%- endmacro %}

{#- 1 where the visit stands in the base of a variant's service level, else 0. -#}
{% macro service_level_base(variant) -%}
    case
        when not is_queued then 0
        when {{ variant }} = 'answered_base' and outcome <> 'answered' then 0
        when {{ variant }} = 'late_abandons' and outcome = 'abandoned' and is_within_threshold then 0
        when {{ variant }} = 'short_removed' and is_short_abandon then 0
        else 1
    end
{%- endmacro %}
