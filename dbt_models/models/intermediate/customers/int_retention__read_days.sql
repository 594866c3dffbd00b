-- The days whose contacts decide what is told on a rebuilt day: those of its waiting, and itself.
select distinct {{ add_days('days.work_date', '-cast(earlier.n as integer)') }} as work_date
from {{ ref('int_measures__rebuilt_days') }} as days
cross join {{ number_series(0, var('retention_days')) }} as earlier
