-- The days whose lines are read for them: states last up to `open_state_hours`.
select work_date
from {{ ref('int_measures__touched_days') }}
where distance_of_agents <= 4
