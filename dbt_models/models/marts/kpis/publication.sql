with run as (

    select * from {{ source('landing', 'run') }}

),

contacts as (

    select count(*) as contact_count, max(started_at) as data_until from {{ ref('fct_contacts') }}

),

grades as (

    select max_by(data_grade, period_start) as data_grade
    from {{ ref('int_kpis__data_grades') }}
    where period_type = 'month' and site_id = '*'

)

select
    run.run_id,
    grades.data_grade,
    contacts.contact_count,
    run.as_of,
    contacts.data_until
from run
cross join contacts
cross join grades
