-- How many call lines of queue_log a site's day has, and how many of them stand in a fact.
{%- set facts = [
    ('fct_queue_visits', 'enqueued_at', "source = 'asterisk'"),
    ('fct_queue_visits', 'left_at', "source = 'asterisk' and outcome not in ('answered', 'unfinished')"),
    ('fct_contact_legs', 'answered_at', "source = 'asterisk' and queue_id is not null"),
    ('fct_contact_legs', 'logged_ended_at', "source = 'asterisk' and queue_id is not null"),
    ('fct_offers', 'ended_at', 'not is_answered'),
] %}
with told as (

    select site_id, {{ from_epoch('event_epoch') }} as told_at, 'lines' as kind
    from {{ ref('stg_asterisk__queue_events') }}
    where event in ({{ call_events() }})
        {%- if is_incremental_run() %}
        and part in (select part from {{ ref('int_contacts__read_parts') }})
        {%- endif %}
        and {{ touched_days_only("cast(" ~ from_epoch('event_epoch') ~ " as date)", 'int_contacts__read_days') }}
    union all
    select site_id, event_at as told_at, 'unplaced_lines' as kind
    from {{ ref('unplaced_events') }}
    where event <> 'CDR'
    {%- for fact, instant, condition in facts %}
    union all
    select site_id, {{ instant }} as told_at, 'placed_lines' as kind
    from {{ ref(fact) }}
    where {{ condition }}
        and {{ instant }} is not null
        and {{ touched_days_only('work_date') }}
    {%- endfor %}

),

dated as (

    select told.site_id, told.kind, cast({{ to_local('told.told_at', 'sites.time_zone') }} as date) as work_date
    from told
    inner join {{ ref('stg_seeds__sites') }} as sites on told.site_id = sites.site_id

)

select
    site_id,
    work_date,
    {{ count_where("kind = 'lines'") }} as lines,
    {{ count_where("kind = 'placed_lines'") }} as placed_lines,
    {{ count_where("kind = 'unplaced_lines'") }} as unplaced_lines
from dated
where {{ touched_days_only('work_date', 'int_contacts__rebuilt_days') }}
group by site_id, work_date
