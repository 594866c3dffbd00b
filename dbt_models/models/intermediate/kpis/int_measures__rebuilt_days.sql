-- A day more than the days of waiting, since two sites' dates may differ by one.
select work_date
from {{ ref('int_measures__touched_days') }}
where distance <= {{ var('repeat_days') + 1 }}
