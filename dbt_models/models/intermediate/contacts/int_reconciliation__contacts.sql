-- What the grains of a site's day count: contacts, visits, legs and offers of the contacts that began.
with contacts as (

    select contact_id, source, site_id, work_date, has_channel, queue_visit_count
    from {{ ref('fct_contacts') }}
    where {{ touched_days_only('work_date', 'int_contacts__rebuilt_days') }}

),

visits as (

    select contact_id, {{ count_where("outcome = 'answered'") }} as answered_visits
    from {{ ref('fct_queue_visits') }}
    where {{ touched_days_only('work_date') }}
    group by contact_id

),

legs as (

    select
        contact_id,
        count(*) as legs,
        count(queue_id) as queue_legs,
        count(case when queue_id is not null then channel_talk_seconds end) as compared_legs,
        {{ count_where('queue_id is not null and differs_from_channel') }} as differing_legs
    from {{ ref('fct_contact_legs') }}
    where {{ touched_days_only('work_date') }}
    group by contact_id

),

offers as (

    select contact_id, {{ count_where('is_answered') }} as answered_offers
    from {{ ref('fct_offers') }}
    where {{ touched_days_only('work_date') }}
    group by contact_id

),

counted as (

    select
        contacts.*,
        contacts.source = 'asterisk' as is_asterisk,
        contacts.queue_visit_count > 0 or coalesce(legs.queue_legs, 0) > 0 as is_in_queue,
        coalesce(visits.answered_visits, 0) as answered_visits,
        coalesce(legs.legs, 0) as legs,
        coalesce(legs.queue_legs, 0) as queue_legs,
        coalesce(legs.compared_legs, 0) as compared_legs,
        coalesce(legs.differing_legs, 0) as differing_legs,
        coalesce(offers.answered_offers, 0) as answered_offers
    from contacts
    left join visits on contacts.contact_id = visits.contact_id
    left join legs on contacts.contact_id = legs.contact_id
    left join offers on contacts.contact_id = offers.contact_id

)

select
    site_id,
    work_date,
    count(*) as contacts,
    {{ count_where('is_asterisk and is_in_queue') }} as logged_contacts,
    {{ count_where('is_asterisk and has_channel') }} as channel_contacts,
    {{ count_where('is_asterisk and has_channel and not is_in_queue') }} as channel_only_contacts,
    {{ count_where('is_asterisk and is_in_queue and not has_channel') }} as logged_only_contacts,
    {{ count_where('not is_in_queue') }} as contacts_outside,
    {{ count_where('is_in_queue and queue_visit_count = 0') }} as contacts_without_visit,
    sum(queue_visit_count) as visits,
    sum(greatest(queue_visit_count - 1, 0)) as further_visits,
    sum(answered_visits) as answered_visits,
    sum(legs) as legs,
    sum(legs - queue_legs) as legs_outside,
    sum(case when queue_visit_count = 0 then queue_legs else 0 end) as legs_without_visit,
    sum(case when queue_visit_count > 0 then queue_legs - answered_visits else 0 end) as further_legs,
    sum(answered_offers) as answered_offers,
    sum(case when not is_asterisk then queue_legs - answered_offers else 0 end) as legs_without_offer,
    sum(compared_legs) as compared_legs,
    sum(compared_legs - differing_legs) as agreeing_legs,
    sum(differing_legs) as differing_legs
from counted
group by site_id, work_date
