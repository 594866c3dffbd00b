-- depends_on: {{ ref('fct_measures') }}
-- The periods to publish anew, and those before them, which they are compared with.
with days as (

    select work_date from {{ ref('int_kpis__changed_days') }}

),

-- A period that was not over, or not final, at the last publication may be so now.
ripening as (

    {%- if is_incremental_run() %}
    select
        measures.work_date,
        {{ add_days('cast(run.previous_as_of as date)', -var('repeat_days') - 1) }} as open_since
    from {{ ref('fct_measures') }} as measures
    cross join {{ source('landing', 'run') }} as run
    where measures.work_date >= date_trunc(
            'quarter', {{ add_days('cast(run.previous_as_of as date)', -var('repeat_days') - 1) }}
        )
    group by measures.work_date, run.previous_as_of
    {%- else %}
    select cast(null as date) as work_date, cast(null as date) as open_since
    where false
    {%- endif %}

),

starts as (

    {%- for period_type in period_types() %}
    select distinct
        '{{ period_type }}' as period_type,
        cast(date_trunc('{{ period_type }}', work_date) as date) as period_start
    from days
    union
    select
        '{{ period_type }}' as period_type,
        cast(date_trunc('{{ period_type }}', work_date) as date) as period_start
    from ripening
    where {{ shift_period(period_type, "date_trunc('" ~ period_type ~ "', work_date)", 1) }} >= open_since
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}

),

-- A changed period changes the comparison that the next one shows.
published as (

    select period_type, period_start from starts
    {%- for period_type in period_types() %}
    union
    select period_type, {{ shift_period(period_type, 'period_start', 1) }} as period_start
    from starts
    where period_type = '{{ period_type }}'
    {%- endfor %}

),

compared as (

    {%- for period_type in period_types() %}
    select period_type, {{ shift_period(period_type, 'period_start', -1) }} as period_start
    from published
    where period_type = '{{ period_type }}'
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

periods as (

    select period_type, period_start, max(is_published) as is_published
    from (
        select period_type, period_start, 1 as is_published from published
        union all
        select period_type, period_start, 0 as is_published from compared
    ) as mentioned
    group by period_type, period_start

),

first_figures as (

    select min(work_date) as first_date from {{ ref('fct_measures') }}

)

{% for period_type in period_types() %}
select
    period_type,
    {{ {
        'day': format_date('period_start', '%Y-%m-%d', 'yyyy-MM-dd'),
        'week': format_date('period_start', '%G-W%V', "YYYY-'W'ww"),
        'month': format_date('period_start', '%Y-%m', 'yyyy-MM'),
        'quarter': format_date('period_start', '%Y', 'yyyy') ~ " || ' Q' || extract(quarter from period_start)",
    }[period_type] }} as period_label,
    periods.is_published = 1 as is_published,
    -- A month before the first figure has no list of people to be missing from.
    {{ shift_period(period_type, 'periods.period_start', 1) }} > first_figures.first_date as is_measured,
    period_start,
    {{ shift_period(period_type, 'period_start', 1) }} as period_end,
    -- Configuration counts as it stands on the period's last day, or today in a running one.
    least(
        {{ add_days(shift_period(period_type, 'period_start', 1), -1) }},
        cast(timestamp '{{ var("as_of") }}' as date)
    ) as reference_date
from periods
cross join first_figures
where periods.period_type = '{{ period_type }}'
{%- if not loop.last %}
union all
{%- endif %}
{% endfor %}
