-- The value that stands beside each KPI: what a score reads of others, such as a team lead's team, stands
-- in place of one's own.
with borrowed as (

    select
        scores.subject_type,
        scores.subject_id,
        scores.period_type,
        scores.kpi_code,
        scores.numerator,
        scores.denominator,
        coalesce(
            scores.only_value, {{ unit_factor('kpis.unit') }} * scores.numerator / nullif(scores.denominator, 0)
        ) as value,
        scores.period_start
    from {{ ref('int_scores__kpis') }} as scores
    inner join {{ ref('kpis') }} as kpis on scores.kpi_code = kpis.kpi_code
    where scores.measured_on <> scores.subject_type

)

select subject_type, subject_id, period_type, kpi_code, numerator, denominator, value, period_start
from borrowed
where value is not null
union all
select
    own.subject_type,
    own.subject_id,
    own.period_type,
    own.kpi_code,
    own.numerator,
    own.denominator,
    own.value,
    own.period_start
from {{ ref('int_kpis__values') }} as own
left join borrowed
    on own.subject_type = borrowed.subject_type
    and own.subject_id = borrowed.subject_id
    and own.period_type = borrowed.period_type
    and own.period_start = borrowed.period_start
    and own.kpi_code = borrowed.kpi_code
where borrowed.kpi_code is null
