-- What each login did on each day, every measure in a column. A login nobody owns is its own subject.
with legs as (

    select
        {{ agent_subject('employee_id', 'agent_login') }} as subject_id,
        site_id,
        work_date,
        count(*) as handled,
        count(talk_seconds) as finished,
        sum(
            case when talk_seconds is not null
                    then talk_seconds + coalesce(hold_seconds, 0) + coalesce(wrap_seconds, 0)
            end
        ) as handle_seconds,
        {{ count_where('is_transferred_out') }} as transferred_out
    from {{ ref('fct_contact_legs') }}
    where queue_id is not null
        and not is_excluded
        and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

),

offers as (

    select
        {{ agent_subject('employee_id', 'agent_login') }} as subject_id,
        site_id,
        work_date,
        {{ count_where("end_reason = 'no_answer'") }} as no_answer_offers,
        -- A caller who hangs up while it rings is nobody's missed ring.
        {{ count_where("end_reason <> 'cancelled'") }} as answerable_offers
    from {{ ref('fct_offers') }}
    where not is_excluded and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

),

logged_in_states as (

    select
        *,
        state = 'on_call'
        or (
            state = 'paused'
            and lower(reason) in ({{ literals(var('wrap_pause_reasons')) }})
        ) as is_occupied
    from {{ ref('fct_agent_states') }}
    where is_logged_in
        and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}

),

states as (

    select
        {{ agent_subject('employee_id', 'agent_login') }} as subject_id,
        site_id,
        work_date,
        sum(case when is_occupied then state_seconds else 0 end) as occupied_seconds,
        sum(case when is_occupied or state = 'available' then state_seconds else 0 end) as staffed_seconds,
        sum(state_seconds) as logged_in_seconds
    from logged_in_states
    group by 1, 2, 3

),

first_contacts as (

    select
        {{ agent_subject('first_employee_id', 'first_agent_login') }} as subject_id,
        site_id,
        work_date,
        count(*) as fcr_contacts,
        {{ count_where('not is_repeated') }} as resolved_contacts
    from {{ ref('int_contacts__repeats') }}
    where outcome = 'answered'
        and is_final
        and not is_shared_number
        and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

),

-- The same by the day on which the wait for a repeat is over, so that a month is final when it ends.
settled_contacts as (

    select
        {{ agent_subject('first_employee_id', 'first_agent_login') }} as subject_id,
        site_id,
        settled_date as work_date,
        count(*) as settled_contacts,
        {{ count_where('not is_repeated') }} as settled_resolved_contacts
    from {{ ref('int_contacts__repeats') }}
    where outcome = 'answered'
        and is_final
        and not is_shared_number
        and {{ touched_days_only('settled_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

)

{{ long_measures({
    'legs': ['handled', 'finished', 'handle_seconds', 'transferred_out'],
    'offers': ['no_answer_offers', 'answerable_offers'],
    'states': ['occupied_seconds', 'staffed_seconds', 'logged_in_seconds'],
    'first_contacts': ['fcr_contacts', 'resolved_contacts'],
    'settled_contacts': ['settled_contacts', 'settled_resolved_contacts'],
}, 'subject_id, site_id, work_date') }}
