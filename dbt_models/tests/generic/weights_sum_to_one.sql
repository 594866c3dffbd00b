{#- On every day on which a scheme's weights change, those in force sum to 1. -#}
{% test weights_sum_to_one(model) %}
with days as (
    select scheme, subject_type, role, valid_from as day from {{ model }}
    union
    select scheme, subject_type, role, valid_to as day from {{ model }} where valid_to is not null
)

select days.scheme, days.subject_type, days.role, days.day, sum(weights.weight) as weight_total
from days
inner join {{ model }} as weights
    on days.scheme = weights.scheme and days.subject_type = weights.subject_type
    and days.role = weights.role and days.day >= weights.valid_from
    and (days.day < weights.valid_to or weights.valid_to is null)
group by days.scheme, days.subject_type, days.role, days.day
having abs(sum(weights.weight) - 1) > 0.000001
{% endtest %}
