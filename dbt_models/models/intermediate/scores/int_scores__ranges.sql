-- The days of each part of a subject's period and KPI, with what counts in them. Exposure is the part's
-- share of the days on which a scheme holds for the subject.
with configured as (

    select
        placements.subject_type,
        placements.subject_id,
        placements.period_type,
        placements.period_start,
        placements.role,
        placements.team,
        placements.site_id,
        placements.hire_date,
        configurations.kpi_code,
        configurations.scheme,
        configurations.measured_on,
        case configurations.measured_on
            when placements.subject_type then placements.subject_id
            {%- for level in ['team', 'department', 'vendor'] %}
            when '{{ level }}' then placements.{{ level }}
            {%- endfor %}
            when 'site' then placements.site_id
            when 'company' then 'company'
        end as measured_id,
        {%- for column in ['shape', 'weight', 'low_floor', 'low_target', 'floor', 'target', 'stretch', 'cap'] %}
        configurations.{{ column }},
        {%- endfor %}
        configurations.is_suspended,
        greatest(placements.placed_from, configurations.valid_from) as starts_on,
        least(placements.placed_to, configurations.valid_to) as ends_on
    from {{ ref('int_scores__placements') }} as placements
    inner join {{ ref('int_scores__configurations') }} as configurations
        on placements.subject_type = configurations.subject_type
        and coalesce(placements.role, '') = configurations.role
        and coalesce(placements.site_id, '') = configurations.site_id
        and placements.placed_from < configurations.valid_to
        and placements.placed_to > configurations.valid_from

),

ramped as (

    select
        configured.*,
        coalesce(ramps.target_factor, 1) as target_factor,
        greatest(
            configured.starts_on,
            coalesce({{ add_days('configured.hire_date', 'ramps.tenure_days_from') }}, configured.starts_on)
        ) as part_start,
        least(
            configured.ends_on,
            coalesce({{ add_days('configured.hire_date', 'ramps.tenure_days_to') }}, configured.ends_on)
        ) as part_end
    from configured
    left join {{ ref('int_scores__ramps') }} as ramps
        on configured.role = ramps.role
        and ramps.fit = 1
        and configured.kpi_code = ramps.kpi_code
        and configured.hire_date >= ramps.valid_from
        and (configured.hire_date < ramps.valid_to or ramps.valid_to is null)

),

dated as (

    select
        *,
        {{ days_between('part_start', 'part_end') }} as part_days,
        {{ days_between('part_start', 'part_end') }} * cast(weight as decimal(18, 9)) as weighted_days
    from ramped
    where part_start < part_end

),

followed as (

    select
        parts.subject_type,
        parts.subject_id,
        parts.period_type,
        parts.period_start,
        parts.part_end,
        min(greatest(later.part_start, parts.part_end)) as next_day
    from (
        select distinct subject_type, subject_id, period_type, period_start, part_end from dated
    ) as parts
    inner join dated as later
        on parts.subject_type = later.subject_type
        and parts.subject_id = later.subject_id
        and parts.period_type = later.period_type
        and parts.period_start = later.period_start
        and parts.part_end < later.part_end
    group by 1, 2, 3, 4, 5

)

select
    dated.*,
    sum(dated.weighted_days) over (
        partition by dated.subject_type, dated.subject_id, dated.period_type, dated.period_start
    ) as scheme_days,
    count(*) over (
        partition by
            dated.subject_type, dated.subject_id, dated.period_type, dated.period_start, dated.kpi_code
    ) as part_count,
    -- What is dated on a day without any part of the subject, such as an answer after the last day, counts
    -- for the part before it. What others did is read for the part's own days.
    case
        when dated.measured_on <> dated.subject_type then dated.part_end
        else followed.next_day
    end as measured_to
from dated
left join followed
    on dated.subject_type = followed.subject_type
    and dated.subject_id = followed.subject_id
    and dated.period_type = followed.period_type
    and dated.period_start = followed.period_start
    and dated.part_end = followed.part_end
