-- Days of which tickets, first responses or solves differ from the last publication.
{{ changed_work_dates('fct_tickets', ref('int_tickets__tickets'), 'first_response_date') }}
union
{{ changed_work_dates('fct_ticket_cycles', ref('int_tickets__cycles')) }}
