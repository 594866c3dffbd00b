-- Before the mart is replaced: what differs from the last publication.
{{ changed_work_dates('fct_complaints', ref('int_complaints__held')) }}
