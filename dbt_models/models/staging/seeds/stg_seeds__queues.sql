{{ config(materialized='table') }}

-- Every queue seen at a site with the most specific row that fits it: the site's own, then the queue's
-- at any site, then the site's default, then the default of all.
with seen as (

    select distinct _site_id as site_id, queue as queue_id
    from {{ source('raw', 'asterisk_queue_log') }}
    where queue <> 'NONE'
    {%- for source in source_names('visits') %}
    union
    select distinct site_id, queue_id from {{ ref('stg_' ~ source ~ '__visits') }}
    {%- endfor %}

),

fitting as (

    select
        seen.site_id,
        seen.queue_id,
        queues.label_en,
        queues.label_zh,
        queues.reason,
        queues.answer_threshold_seconds,
        queues.short_abandon_seconds,
        queues.service_level_variant,
        row_number() over (
            partition by seen.site_id, seen.queue_id
            order by
                case when queues.queue_id = '*' then 0 else 1 end desc,
                case when queues.site_id = '*' then 0 else 1 end desc
        ) as fit
    from seen
    inner join {{ ref('queues') }} as queues
        on queues.site_id in (seen.site_id, '*') and queues.queue_id in (seen.queue_id, '*')

)

select
    site_id,
    queue_id,
    label_en,
    label_zh,
    reason,
    answer_threshold_seconds,
    short_abandon_seconds,
    service_level_variant
from fitting
where fit = 1
