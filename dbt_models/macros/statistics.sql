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
-#}
{% macro attainment(value) -%}
    case
        when {{ value }} is null or target is null then null
        when shape in ('band', 'asymmetric') then
            case
                when {{ value }} between low_target and target then 100
                when {{ value }} > target
                    then greatest(100 * (floor - {{ value }}) / nullif(floor - target, 0), 0)
                else greatest(100 * ({{ value }} - low_floor) / nullif(low_target - low_floor, 0), 0)
            end
        when ({{ value }} - target) / nullif(target - floor, 0) <= 0
            then greatest(100 + 100 * ({{ value }} - target) / nullif(target - floor, 0), 0)
        when stretch is null then 100
        else greatest(least(100 + (cap - 100) * ({{ value }} - target) / nullif(stretch - target, 0), cap), 0)
    end
{%- endmacro %}
