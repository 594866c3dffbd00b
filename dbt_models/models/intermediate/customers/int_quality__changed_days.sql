-- Before the mart is replaced: what differs from the last publication.
{{ changed_work_dates('fct_quality_evaluations', ref('int_quality__evaluations')) }}
