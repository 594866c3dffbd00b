with periods as (

    select * from {{ ref('int_kpis__periods') }}

),

answered as (

    select work_date, site_id, vendor, wait_seconds
    from {{ ref('fct_queue_visits') }}
    where outcome = 'answered' and not is_excluded and wait_seconds is not null
        and work_date >= (select min(period_start) from periods)

)

{%- for period_type in period_types() %}
{%- for level, column in [('site', 'site_id'), ('vendor', 'vendor'), ('company', "'company'")] %}
select
    '{{ level }}' as subject_type,
    {{ 'answered.' if level != 'company' }}{{ column }} as subject_id,
    '{{ period_type }}' as period_type,
    periods.period_start,
    count(*) as answered_count,
    percentile_cont(0.5) within group (order by answered.wait_seconds) as p50,
    percentile_cont(0.9) within group (order by answered.wait_seconds) as p90
from answered
inner join periods
    on periods.period_type = '{{ period_type }}'
    and cast(date_trunc('{{ period_type }}', answered.work_date) as date) = periods.period_start
group by 1, 2, 3, 4
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
