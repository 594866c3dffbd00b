-- Rates drawn towards their peer group (same kind of subject, role and period) as far as the spread of
-- the group is chance: the beta-binomial's mean, its prior by the method of moments (Kleinman, 1973).
with rates as (

    select
        kpi_values.subject_type,
        kpi_values.subject_id,
        kpi_values.period_type,
        kpi_values.period_start,
        kpi_values.kpi_code,
        coalesce(subjects.role, '') as role,
        cast(kpi_values.numerator as decimal(28, 9)) as successes,
        cast(kpi_values.denominator as decimal(28, 9)) as trials
    from {{ ref('int_kpis__values') }} as kpi_values
    inner join {{ ref('kpis') }} as kpis
        on kpi_values.kpi_code = kpis.kpi_code and kpis.interval_method = 'wilson'
    inner join {{ ref('int_kpis__subjects') }} as subjects
        on kpi_values.subject_type = subjects.subject_type
        and kpi_values.subject_id = subjects.subject_id
        and kpi_values.period_type = subjects.period_type
        and kpi_values.period_start = subjects.period_start
    where kpi_values.denominator > 0 and kpi_values.subject_id not like 'login:%'

),

-- Sums of decimals, since those of doubles depend on the order of the rows.
peers as (

    select
        subject_type,
        role,
        period_type,
        period_start,
        kpi_code,
        count(*) as peer_count,
        cast(sum(successes) as double) as successes,
        cast(sum(trials) as double) as trials,
        {{ exact_sum('cast(trials as double) * cast(trials as double)') }} as trials_squared,
        {{ exact_sum('cast(successes as double) * cast(successes as double) / cast(trials as double)') }} as squares
    from rates
    group by 1, 2, 3, 4, 5

),

spread as (

    select
        *,
        successes / trials as mean,
        successes / trials * (1 - successes / trials) as chance,
        (
            squares - successes * successes / trials
            - (peer_count - 1) * successes / trials * (1 - successes / trials)
        ) / nullif(trials - trials_squared / trials, 0) as variance
    from peers
    where peer_count >= {{ var('minimum_peers') }}

)

select
    rates.subject_type,
    rates.subject_id,
    rates.period_type,
    rates.kpi_code,
    spread.mean as peer_mean,
    case
        when spread.variance <= 0 then spread.mean
        -- The prior weighs as much as so many trials of one's own.
        else (
            cast(rates.successes as double) + spread.mean * greatest(spread.chance / spread.variance - 1, 0)
        ) / (cast(rates.trials as double) + greatest(spread.chance / spread.variance - 1, 0))
    end as shrunk_value,
    rates.period_start
from rates
inner join spread
    on rates.subject_type = spread.subject_type
    and rates.role = spread.role
    and rates.period_type = spread.period_type
    and rates.period_start = spread.period_start
    and rates.kpi_code = spread.kpi_code
where spread.variance is not null
