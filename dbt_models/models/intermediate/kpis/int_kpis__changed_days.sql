-- The days whose periods are scored anew.
{%- set everything = var('rescore') or not is_incremental_run() %}
with changed as (

    {%- if everything %}
    select distinct work_date from {{ ref('fct_measures') }}
    {%- if is_incremental_run() %}
    union
    {%- endif %}
    {%- endif %}
    {%- if is_incremental_run() %}
    select work_date from {{ ref('int_measures__rebuilt_days') }}
    {%- endif %}

)

select work_date from changed
{%- if not everything %}
union
-- A tier is reviewed from the one held before: a quarter that changed goes on into all later ones.
select measures.work_date
from {{ ref('fct_measures') }} as measures
inner join (select min(work_date) as work_date from changed) as first_change
    on measures.work_date >= {{ shift_period('quarter', "date_trunc('quarter', first_change.work_date)", 1) }}
{%- endif %}
