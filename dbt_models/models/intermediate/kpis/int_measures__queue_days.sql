-- What happened in the queues of each site on each day.
with visits as (

    select
        site_id,
        vendor,
        work_date,
        count(*) as entered,
        {{ count_where('is_queued') }} as queued,
        {{ count_where("outcome = 'answered'") }} as answered,
        {{ count_where("outcome = 'abandoned'") }} as abandoned,
        sum(case when outcome = 'answered' then wait_seconds end) as wait_answered_seconds,
        sum({{ service_level_met('service_level_variant') }}) as service_level_met,
        {%- for variant in service_level_variants() %}
        sum({{ service_level_met("'" ~ variant ~ "'") }}) as {{ variant }}_met,
        sum({{ service_level_base("'" ~ variant ~ "'") }}) as {{ variant }}_base,
        {%- endfor %}
        sum({{ service_level_base('service_level_variant') }}) as service_level_base
    from {{ ref('fct_queue_visits') }}
    where not is_excluded and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by site_id, vendor, work_date

),

contacts as (

    select
        site_id,
        vendor,
        work_date,
        count(*) as known_contacts,
        {{ count_where('is_repeat') }} as repeat_contacts
    from {{ ref('int_contacts__repeats') }}
    where not is_shared_number and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by site_id, vendor, work_date

)

{%- set variant_measures = [] %}
{%- for variant in service_level_variants() %}
{%- do variant_measures.extend([variant ~ '_met', variant ~ '_base']) %}
{%- endfor %}
{{ long_measures({
    'visits': [
        'entered', 'queued', 'answered', 'abandoned', 'wait_answered_seconds',
        'service_level_met', 'service_level_base'
    ] + variant_measures,
    'contacts': ['known_contacts', 'repeat_contacts'],
}, 'site_id, vendor, work_date') }}
