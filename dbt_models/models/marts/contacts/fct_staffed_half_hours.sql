{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_contacts__rebuilt_days')) }}",
    )
}}

with states as (

    select
        site_id,
        work_date,
        {{ epoch_seconds('started_at') }} as started,
        {{ epoch_seconds('ended_at') }} as ended,
        {{ epoch_seconds(interval_start('started_at')) }} as first_half_hour
    from {{ ref('fct_agent_states') }}
    where is_logged_in
        and {{ touched_days_only('work_date', 'int_contacts__rebuilt_days') }}

),

cut as (

    select
        states.site_id,
        states.work_date,
        states.started,
        states.ended,
        states.first_half_hour + 1800 * steps.n as half_hour
    from states
    -- States are cut at midnight: none is longer than a day, which may have 25 hours.
    inner join {{ number_series(0, 50) }} as steps
        on states.first_half_hour + 1800 * steps.n < states.ended

)

select
    site_id,
    cast(sum(least(ended, half_hour + 1800) - greatest(started, half_hour)) as bigint) as logged_in_seconds,
    work_date,
    {{ from_epoch('half_hour') }} as interval_started_at
from cut
group by site_id, work_date, half_hour
