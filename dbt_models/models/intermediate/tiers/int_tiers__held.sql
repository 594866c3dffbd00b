-- Where everybody stood before the first quarter that this run reviews anew, as published.
{%- set before = published('tier_transitions') %}
with reviewed_anew as (

    select min(period_start) as period_start
    from {{ ref('int_kpis__periods') }}
    where period_type = 'quarter' and is_published

)

{% if before is none %}
select
    cast(null as varchar) as subject_type,
    cast(null as varchar) as subject_id,
    cast(null as varchar) as held_tier,
    cast(null as varchar) as held_role,
    period_start
from reviewed_anew
where false
{% else %}
select
    before.subject_type,
    before.subject_id,
    max_by(before.held_tier, before.period_start) as held_tier,
    max_by(before.held_role, before.period_start) as held_role,
    max(before.period_start) as period_start
from {{ before }} as before
inner join reviewed_anew on before.period_start < reviewed_anew.period_start
where before.held_tier is not null
group by before.subject_type, before.subject_id
{% endif %}
