-- The parts of logs that may have lines of the days that are read, so that a run reads no other. A file
-- may tell a site's own time.
with days as (

    select min(work_date) as first_date, max(work_date) as last_date
    from {{ ref('int_contacts__read_days') }}

)

select files.part
from {{ source('landing', 'files') }} as files
inner join days
    on cast(files.last_at as date) >= {{ add_days('days.first_date', -1) }}
    and cast(files.first_at as date) <= {{ add_days('days.last_date', 1) }}
