-- The days whose agent states this run writes anew: what a line tells lasts for hours, and a night's
-- shift and two sites' dates may move it by a day each.
select work_date
from {{ ref('int_measures__touched_days') }}
where distance_of_agents <= 2
