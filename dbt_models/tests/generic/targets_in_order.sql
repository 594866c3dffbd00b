{#- Floor, target and stretch stand in the order that the KPI's shape asks for. -#}
{% test targets_in_order(model) %}
select targets.*, kpis.shape
from {{ model }} as targets
inner join {{ ref('kpis') }} as kpis on targets.kpi_code = kpis.kpi_code
where targets.floor is null
    or targets.target is null
    or targets.valid_from is null
    or (kpis.shape = 'higher' and (targets.floor >= targets.target or targets.target >= targets.stretch))
    or (kpis.shape = 'lower' and (targets.floor <= targets.target or targets.target <= targets.stretch))
    or (kpis.shape in ('band', 'asymmetric') and not coalesce(
        targets.low_floor < targets.low_target
        and targets.low_target <= targets.target
        and targets.target < targets.floor,
        false
    ))
{% endtest %}
