{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_contacts__rebuilt_days')) }}",
    )
}}
{#- Two counts that one would expect to be equal, and every reason why they are not: right - left = Σ. -#}
{%- set comparisons = [
    ('int_reconciliation__lines', 'call_lines', 'lines', 'placed_lines', {
        'unplaced': '-unplaced_lines',
    }),
    ('int_reconciliation__contacts', 'queue_log_and_cdr', 'logged_contacts', 'channel_contacts', {
        'outside_any_queue': 'channel_only_contacts',
        'without_cdr': '-logged_only_contacts',
    }),
    ('int_reconciliation__contacts', 'contacts_and_visits', 'contacts', 'visits', {
        'outside_any_queue': '-contacts_outside',
        'connect_without_enterqueue': '-contacts_without_visit',
        'further_queues': 'further_visits',
    }),
    ('int_reconciliation__contacts', 'answered_visits_and_legs', 'answered_visits', 'legs', {
        'outside_any_queue': 'legs_outside',
        'connect_without_enterqueue': 'legs_without_visit',
        'further_talks': 'further_legs',
    }),
    ('int_reconciliation__contacts', 'answered_offers_and_legs', 'answered_offers', 'legs', {
        'outside_any_queue': 'legs_outside',
        'source_tells_no_offers': 'legs_without_offer',
    }),
    ('int_reconciliation__contacts', 'talk_in_log_and_channel', 'compared_legs', 'agreeing_legs', {
        'differs_from_channel': '-differing_legs',
    }),
] %}

with compared as (

    {%- for model, comparison, left, right, reasons in comparisons %}
    {%- set outer_loop = loop %}
    {%- for reason, amount in reasons.items() %}
    select
        site_id,
        '{{ comparison }}' as comparison,
        '{{ left }}' as left_name,
        '{{ right }}' as right_name,
        '{{ reason }}' as reason,
        {{ left }} as left_count,
        {{ right }} as right_count,
        {{ amount }} as reason_count,
        work_date
    from {{ ref(model) }}
    {%- if not (loop.last and outer_loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}

)

select
    site_id,
    comparison,
    left_name,
    right_name,
    reason,
    cast(left_count as bigint) as left_count,
    cast(right_count as bigint) as right_count,
    cast(reason_count as bigint) as reason_count,
    work_date
from compared
where left_count <> 0 or right_count <> 0
