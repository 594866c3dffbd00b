-- What stands beside a person's score: why there is none, and whether the place among the peers is told.
with left_out as (

    select
        subject_id,
        period_type,
        period_start,
        status,
        row_number() over (
            partition by subject_id, period_type, period_start
            order by sum(nominal_weight) desc, status
        ) as importance
    from {{ ref('score_parts') }}
    where subject_type = 'employee' and period_type in ('month', 'quarter') and status <> 'scored'
    group by subject_id, period_type, period_start, status

)

select
    standings.subject_id as employee_id,
    standings.period_type,
    case
        when standings.is_rated then null
        when standings.weight_covered is null then 'no_scheme'
        else coalesce(left_out.status, 'missing')
    end as not_rated_reason,
    -- A role's own row stands before that of all.
    coalesce(own.shows_rank, every.shows_rank, false) as is_rank_shown,
    standings.period_start
from {{ ref('scorecards') }} as standings
left join left_out
    on standings.subject_id = left_out.subject_id
    and standings.period_type = left_out.period_type
    and standings.period_start = left_out.period_start
    and left_out.importance = 1
left join {{ ref('disclosures') }} as own on standings.role = own.role
left join {{ ref('disclosures') }} as every on every.role = '*'
where standings.subject_type = 'employee' and standings.period_type in ('month', 'quarter')
