-- The days whose lines are read for them: states last up to `open_state_hours`.
select distinct {{ add_days('days.work_date', 'cast(around.n as integer)') }} as work_date
from {{ ref('int_contacts__touched_days') }} as days
cross join {{ number_series(-4, 4) }} as around
