-- depends_on: {{ ref('int_tickets__changed_days') }}
select * from {{ ref('int_tickets__cycles') }}
