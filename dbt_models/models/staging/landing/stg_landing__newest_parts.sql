-- Lines that the last run read and left aside, because they were later than its `as_of`, can only stand
-- in these. A file may tell a site's own time.
select files.part
from {{ source('landing', 'files') }} as files
inner join {{ source('landing', 'run') }} as run
    on files.last_at > {{ add_seconds('run.previous_as_of', -86400) }}
