-- A complaint counts for whoever held the contact last before it was received.
with complaints as (

    select * from {{ ref('stg_quality__complaints') }}

),

held as (

    {{ held_contacts('complaints', ['complaint_id'], 'complaints.received_at') }}

),

placed as (

    select
        complaints.*,
        held.contact_id,
        held.employee_id,
        held.agent_login,
        held.queue_id,
        coalesce(held.is_excluded, false) as is_excluded,
        coalesce(held.site_id, complaints.site_id) as place
    from complaints
    left join held
        on complaints.complaint_id = held.complaint_id and held.recency = 1 and held.is_one_site

)

select
    placed.complaint_id,
    placed.contact_id,
    placed.employee_id,
    placed.agent_login,
    placed.queue_id,
    placed.place as site_id,
    placed.contact_ref,
    placed.customer_key,
    placed.reason,
    placed.is_valid,
    placed.is_excluded,
    cast({{ to_local('placed.received_at', 'sites.time_zone') }} as date) as work_date,
    placed.received_at,
    placed.closed_at
from placed
inner join {{ ref('stg_seeds__sites') }} as sites on placed.place = sites.site_id
