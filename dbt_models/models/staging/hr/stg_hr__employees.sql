with newest as (

    {{ latest_by_key('hr_employees', ['employee_id'], 'updated_at') }}

)

select
    employee_id,
    full_name,
    email,
    currency,
    cast(employment_share as double) as employment_share,
    base_pay,
    hire_date,
    leave_date
from newest
