{{ changed_work_dates('fct_reviews', ref('int_people__reviews')) }}
