{#- The file has the time of day alone: one Sunday of summer time in Jerusalem, 1999-08-01. -#}
select
    _site_id as site_id,
    -- A call_id comes back on other lines.
    line || '/' || call_id as callid,
    type as queue_id,
    outcome,
    nullif(server, 'NO_SERVER') as agent_login,
    -- 0:00:00 means "did not happen", unless seconds were counted from midnight on.
    q_start <> '0:00:00' or q_time > 0 as has_queued,
    ser_start <> '0:00:00' or ser_time > 0 as has_service,
    q_time,
    ser_time,
    {%- for column, name in {
        'vru_entry': 'entered_at',
        'vru_exit': 'vru_left_at',
        'q_start': 'enqueued_at',
        'q_exit': 'dequeued_at',
        'ser_start': 'answered_at',
        'ser_exit': 'ended_at',
    }.items() %}
    cast(timestamp '1999-08-01' + cast({{ column }} as interval) - interval '3' hour as timestamp) as {{ name }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ source('anonymous_bank', 'anonymous_bank_day') }}
