-- The days whose calls and agent states this run tells anew: what a line tells lasts for hours, and a
-- night's shift and two sites' dates may move it by a day each.
select distinct {{ add_days('days.work_date', 'cast(around.n as integer)') }} as work_date
from {{ ref('int_contacts__touched_days') }} as days
cross join {{ number_series(-2, 2) }} as around
