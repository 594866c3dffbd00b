-- A below 0.1 % rejected lines and 0.5 % unattributed legs, B below 1 % and 2 %, else C: per site
-- and for all of them together.
with handled as (

    {%- for period_type in period_types() %}
    select
        '{{ period_type }}' as period_type,
        cast(date_trunc('{{ period_type }}', work_date) as date) as period_start,
        coalesce(
            case when subject_type = 'employee' then split_part(subject_id, ':', 2) else subject_id end, ''
        ) as site_id,
        sum(case when subject_type = 'site' then amount else 0 end) as legs,
        sum(case when subject_type = 'employee' then amount else 0 end) as unattributed
    from {{ ref('fct_measures') }}
    where measure = 'handled'
        and (subject_type = 'site' or (subject_type = 'employee' and subject_id like 'login:%'))
    group by 1, 2, 3
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

lines as (

    select
        periods.period_type,
        periods.period_start,
        files.site_id,
        sum(files.lines_read) as lines_read,
        sum(files.rejected) as rejected
    from {{ ref('int_kpis__periods') }} as periods
    inner join {{ source('landing', 'files') }} as files
        on files.first_at < periods.period_end
        and files.last_at >= periods.period_start
        and files.state <> 'gone'
    group by 1, 2, 3

),

joined as (

    select
        handled.period_type,
        handled.period_start,
        handled.site_id,
        handled.legs,
        handled.unattributed,
        coalesce(lines.lines_read, 0) as lines_read,
        coalesce(lines.rejected, 0) as rejected
    from handled
    left join lines
        on handled.period_type = lines.period_type
        and handled.period_start = lines.period_start
        and handled.site_id = lines.site_id

),

levels as (

    select period_type, period_start, site_id, legs, unattributed, lines_read, rejected from joined
    union all
    select period_type, period_start, '*' as site_id, legs, unattributed, lines_read, rejected from joined

),

ratios as (

    select
        period_type,
        period_start,
        site_id,
        sum(unattributed) / nullif(sum(legs), 0) as unattributed_ratio,
        sum(rejected) / nullif(sum(lines_read), 0) as rejected_ratio
    from levels
    group by 1, 2, 3

)

select
    period_type,
    site_id,
    case
        when coalesce(rejected_ratio, 0) < 0.001 and coalesce(unattributed_ratio, 0) < 0.005 then 'A'
        when coalesce(rejected_ratio, 0) < 0.01 and coalesce(unattributed_ratio, 0) < 0.02 then 'B'
        else 'C'
    end as data_grade,
    unattributed_ratio,
    rejected_ratio,
    period_start
from ratios
