-- Whether a customer was seen again, told on the day on which the days of waiting end: a later contact
-- changes that day and later ones, never what was told before.
with contacts as (

    select
        customer_key,
        site_id,
        vendor,
        work_date,
        count(*) as contact_count
    from {{ ref('fct_contacts') }}
    where direction = 'inbound'
        and not is_excluded
        and customer_key is not null
        and {{ touched_days_only('work_date', 'int_retention__read_days') }}
    group by customer_key, site_id, vendor, work_date

),

counted as (

    select
        *,
        sum(contact_count) over (partition by customer_key, work_date) as contacts_of_day
    from contacts

),

-- A number behind which many people call says nothing about one of them.
seen as (

    select
        customer_key,
        site_id,
        vendor,
        work_date as seen_date,
        {{ add_days('work_date', var('retention_days')) }} as work_date
    from counted
    where contacts_of_day <= {{ var('shared_number_contacts') }}

),

followed as (

    select
        customer_key,
        seen_date,
        lead(seen_date) over (partition by customer_key order by seen_date) as next_seen_date
    from (select distinct customer_key, seen_date from seen) as customer_days

)

-- The company's log ends with its last contact: what lies beyond is not known yet.
select
    seen.customer_key,
    seen.site_id,
    seen.vendor,
    seen.seen_date,
    coalesce(followed.next_seen_date <= seen.work_date, false) as is_seen_again,
    seen.work_date
from seen
inner join followed
    on seen.customer_key = followed.customer_key and seen.seen_date = followed.seen_date
where seen.work_date <= (select max(work_date) from {{ ref('fct_contacts') }})
    and {{ touched_days_only('seen.work_date', 'int_measures__rebuilt_days') }}
