-- The entry scores of the role's tiers on the last day of each part: those of the role itself stand
-- before those for all roles.
with entries as (

    select
        parts.employee_id,
        parts.part_number,
        parts.period_start,
        rules.tier,
        rules.entry_score,
        row_number() over (
            partition by parts.employee_id, parts.period_start, parts.part_number, rules.tier
            order by case when rules.role = '*' then 1 else 0 end, rules.valid_from desc
        ) as fit
    from {{ ref('int_pay__part_days') }} as parts
    inner join {{ ref('tier_rules') }} as rules
        on rules.role in (parts.role, '*')
        and rules.valid_from < parts.part_end
        and (rules.valid_to >= parts.part_end or rules.valid_to is null)

)

select
    employee_id,
    part_number,
    max(case when tier = 'middle' then entry_score end) as middle_score,
    max(case when tier = 'high' then entry_score end) as high_score,
    period_start
from entries
where fit = 1
group by employee_id, period_start, part_number
