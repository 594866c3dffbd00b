-- Excluded visits are counted by themselves and leave every other count.
with visits as (

    select
        site_id, queue_id, work_date, service_level_variant, is_excluded, is_within_threshold,
        case when is_excluded then 'excluded' else outcome end as outcome,
        case when not is_excluded then wait_seconds end as wait_seconds,
        is_queued and not is_excluded as is_queued,
        is_short_abandon and not is_excluded as is_short_abandon,
        {{ interval_start('enqueued_at') }} as interval_started_at
    from {{ ref('fct_queue_visits') }}
    where {{ touched_days_only('work_date', 'int_contacts__rebuilt_days') }}

)

select
    site_id,
    queue_id,
    interval_started_at,
    work_date,
    {{ count_where('not is_excluded') }} as entered_count,
    {{ count_where('is_excluded') }} as excluded_count,
    {{ count_where('is_queued') }} as queued_count,
    {{ count_where("outcome = 'answered'") }} as answered_count,
    {{ count_where("outcome = 'abandoned'") }} as abandoned_count,
    {{ count_where("outcome = 'timed_out'") }} as timed_out_count,
    {{ count_where("outcome in ('exited_by_key', 'exited_empty')") }} as exited_count,
    {{ count_where("outcome = 'answered' and is_within_threshold") }} as answered_within_count,
    {{ count_where("outcome = 'abandoned' and is_within_threshold") }} as abandoned_within_count,
    {{ count_where('is_short_abandon') }} as short_abandon_count,
    sum(case when outcome = 'answered' then wait_seconds else 0 end) as wait_answered_seconds,
    max(wait_seconds) as longest_wait_seconds,
    sum({{ service_level_met('service_level_variant') }}) as service_level_met_count,
    sum({{ service_level_base('service_level_variant') }}) as service_level_base_count
from visits
group by site_id, queue_id, interval_started_at, work_date
