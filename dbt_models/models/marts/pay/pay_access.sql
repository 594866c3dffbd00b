select
    email,
    employee_id,
    reason
from {{ ref('access') }}
where reason = 'self'
