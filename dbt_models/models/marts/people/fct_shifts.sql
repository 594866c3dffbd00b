-- depends_on: {{ ref('int_people__changed_attributions') }}
select
    employee_id,
    site_id,
    end_date > work_date as is_night_shift,
    work_date,
    started_at,
    ended_at
from {{ ref('int_people__shifts') }}
