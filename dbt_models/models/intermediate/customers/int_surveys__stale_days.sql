{#- Days on which a touched answer stood in the last publication. -#}
{%- if not is_incremental_run() %}

select cast(null as date) as work_date
where false

{%- else %}

select distinct work_date
from {{ published('fct_surveys') }}
where (survey_id, question) in (select survey_id, question from {{ ref('int_surveys__touched') }})

{%- endif %}
