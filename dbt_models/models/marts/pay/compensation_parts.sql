{{ as_closed(
    'compensation_parts', ref('int_pay__part_results'), ['employee_id', 'period_start', 'part_number'], is_whole=true
) }}
