{{ changed_work_dates('fct_training', ref('int_people__training'), ['due_date', 'completed_date']) }}
