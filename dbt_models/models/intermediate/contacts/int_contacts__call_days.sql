{#- Days on which a touched call stood in the last publication, or may stand now; none on a first run. -#}
select work_date from {{ ref('int_contacts__stale_days') }}
{%- if is_incremental_run() %}
union
-- A site's date is a day from that of UTC at most, and a night's shift began the day before.
select {{ add_days('cast(instants.told_at as date)', 'cast(around.n as integer)') }} as work_date
from (
    select started_at as told_at from {{ ref('int_contacts__calls') }}
    union all
    select enqueued_at as told_at from {{ ref('int_contacts__visits') }}
    union all
    select answered_at as told_at from {{ ref('int_contacts__legs') }}
    union all
    select ended_at as told_at from {{ ref('int_asterisk__offers') }}
) as instants
cross join {{ number_series(-2, 1) }} as around
{%- endif %}
