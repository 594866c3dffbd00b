{#- Days on which a touched call stood in the last publication: it may leave them. -#}
{%- if not is_incremental_run() %}

select cast(null as date) as work_date
where false

{%- else %}

{%- for fact in ['fct_contacts', 'fct_queue_visits', 'fct_contact_legs', 'fct_offers'] %}
select work_date
from {{ published(fact) }}
where (site_id, callid) in (select site_id, callid from {{ ref('int_contacts__touched_calls') }})
{%- if not loop.last %}
union
{%- endif %}
{%- endfor %}
union
-- The last day of the data, on which customers who never came back are told, may move.
select max(work_date) as work_date from {{ published('fct_contacts') }}

{%- endif %}
