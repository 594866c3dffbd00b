{{ config(materialized='view') }}

{{ source_rows('contacts', [
    'customer_key',
    'caller_extension',
    'channel',
    'direction',
    'reason',
    'started_at',
    'ended_at',
]) }}
