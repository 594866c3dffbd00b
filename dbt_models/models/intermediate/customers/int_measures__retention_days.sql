-- Customers of each site who were seen the days of waiting before, and who came back meanwhile.
with returns as (

    select
        site_id,
        vendor,
        work_date,
        count(*) as seen_customers,
        {{ count_where('is_seen_again') }} as retained_customers
    from {{ ref('int_customers__returns') }}
    group by site_id, vendor, work_date

)

{{ long_measures({
    'returns': ['seen_customers', 'retained_customers'],
}, 'site_id, vendor, work_date') }}
