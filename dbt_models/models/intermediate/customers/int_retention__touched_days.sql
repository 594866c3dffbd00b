{#-
    A contact of day T decides whether customers seen on the days before came back, and is itself
    followed up to day T + `retention_days`: the figures of those days change with it, of none before T.
    Since the last day of the data decides which figures there are, it counts as touched, too.
-#}
{%- if not is_incremental_run() %}

select cast(null as date) as work_date
where false

{%- else %}

with touched as (

    select work_date from {{ ref('fct_contacts') }} where {{ touched_facts_only() }}
    union
    select max(work_date) as work_date from {{ ref('fct_contacts') }}
    union
    select work_date from {{ ref('int_contacts__stale_days') }}

),

reached as (

    select
        {{ add_days('touched.work_date', 'cast(later.n as integer)') }} as work_date,
        max(touched.work_date) over () as last_date
    from touched
    cross join {{ number_series(0, var('retention_days')) }} as later

)

select distinct work_date
from reached
where work_date <= last_date

{%- endif %}
