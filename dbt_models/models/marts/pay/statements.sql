{{ as_closed(
    'statements', ref('int_pay__statement_lines'), ['employee_id', 'period_start', 'line_number'], is_whole=true
) }}
