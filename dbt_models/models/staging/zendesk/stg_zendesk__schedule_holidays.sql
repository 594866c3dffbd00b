with newest as (

    {{ latest_by_key('zendesk_schedule_holidays', ['_site_id', 'schedule_id', 'id']) }}

)

select
    _site_id as site_id,
    schedule_id,
    id as holiday_id,
    name as holiday_name,
    start_date,
    coalesce(end_date, start_date) as last_date
from newest
where not coalesce(is_deleted, false)
