{{ changed_work_dates('fct_schedules', ref('int_people__schedules')) }}
