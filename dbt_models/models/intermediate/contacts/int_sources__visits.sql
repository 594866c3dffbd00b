{{ config(materialized='view') }}

{{ source_rows('visits', [
    'queue_id',
    'outcome',
    'cast(visit_number as integer) as visit_number',
    'cast(wait_seconds as integer) as wait_seconds',
    'enqueued_at',
    'left_at',
]) }}
