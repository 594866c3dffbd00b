{#-
    One end of the Wilson 95 % score interval of a rate (E. B. Wilson, 1927): `sign` is '-' or '+'.
    4 of 5 gives 37.6–96.4 %, 80 of 100 gives 71.1–86.7 %.
-#}
{% macro wilson_bound(successes, trials, sign) -%}
    case when {{ trials }} > 0 then
        (
            {{ successes }} / {{ trials }} + 1.9207294 / {{ trials }}
            {{ sign }} 1.959964 * sqrt(
                greatest({{ successes }} / {{ trials }} * (1 - {{ successes }} / {{ trials }}), 0) / {{ trials }}
                + 0.9603647 / ({{ trials }} * {{ trials }})
            )
        ) / (1 + 3.8414588 / {{ trials }})
    end
{%- endmacro %}

{#-
    Attainment: piecewise linear through (floor, 0), (target, 100), (stretch, cap); flat beyond. The
    shapes `higher` and `lower` differ only in whether floor lies below or above target. For `band`
    and `asymmetric` it is 100 between low_target and target and falls to 0 at low_floor and floor.
    `scale` names the relation that has the points of the scale, if it is not the only one.
-#}
{% macro attainment(value, scale='') -%}
    {%- set s = scale ~ '.' if scale else '' -%}
    case
        when {{ value }} is null or {{ s }}target is null then null
        when {{ s }}shape in ('band', 'asymmetric') then
            case
                when {{ value }} between {{ s }}low_target and {{ s }}target then 100
                when {{ value }} > {{ s }}target
                    then greatest(100 * ({{ s }}floor - {{ value }}) / nullif({{ s }}floor - {{ s }}target, 0), 0)
                else greatest(
                        100 * ({{ value }} - {{ s }}low_floor) / nullif({{ s }}low_target - {{ s }}low_floor, 0), 0
                    )
            end
        when ({{ value }} - {{ s }}target) / nullif({{ s }}target - {{ s }}floor, 0) <= 0
            then greatest(100 + 100 * ({{ value }} - {{ s }}target) / nullif({{ s }}target - {{ s }}floor, 0), 0)
        when {{ s }}stretch is null then 100
        else greatest(
                least(
                    100 + ({{ s }}cap - 100) * ({{ value }} - {{ s }}target) / nullif({{ s }}stretch - {{ s }}target, 0),
                    {{ s }}cap
                ),
                0
            )
    end
{%- endmacro %}

{#- Of several targets in force, the one that says most about whom it is for counts. -#}
{% macro target_specificity(targets) -%}
    case when {{ targets }}.site_id = '*' then 0 else 4 end
    + case when {{ targets }}.role = '*' then 0 else 2 end
    + case when {{ targets }}.subject_type = '*' then 0 else 1 end
{%- endmacro %}
