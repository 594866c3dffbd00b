-- Spans of a ticket's life that are measured in business time, cut where the ticket's schedule changed.
with spans as (

    select site_id, ticket_id, created_at as started_at, responded_at as ended_at
    from {{ ref('int_tickets__first_responses') }}
    union
    select site_id, ticket_id, opened_at as started_at, solved_at as ended_at
    from {{ ref('int_tickets__resolutions') }}
    where source = 'zendesk' and solved_at >= opened_at

)

select
    spans.site_id,
    spans.ticket_id,
    schedules.schedule_id,
    spans.started_at,
    spans.ended_at,
    greatest(spans.started_at, schedules.valid_from) as part_started_at,
    least(spans.ended_at, coalesce(schedules.valid_to, spans.ended_at)) as part_ended_at
from spans
inner join {{ ref('int_tickets__schedules') }} as schedules
    on spans.site_id = schedules.site_id
    and spans.ticket_id = schedules.ticket_id
    and spans.ended_at >= schedules.valid_from
    and (spans.started_at < schedules.valid_to or schedules.valid_to is null)
