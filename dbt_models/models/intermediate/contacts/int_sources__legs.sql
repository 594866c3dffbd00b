{{ config(materialized='view') }}

{{ source_rows('legs', [
    'queue_id',
    'agent_login',
    'end_reason',
    'cast(leg_number as integer) as leg_number',
    'cast(talk_seconds as integer) as talk_seconds',
    'cast(hold_seconds as integer) as hold_seconds',
    'cast(wrap_seconds as integer) as wrap_seconds',
    'offered_at',
    'answered_at',
    'ended_at',
]) }}
