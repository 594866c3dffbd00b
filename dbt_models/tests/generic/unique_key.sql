{#-
    The columns together are a key. What an incremental run did not touch was unique when it was published:
    with `touched`, the model whose rows name by `touched_by` what was written anew, only keys that stand in
    those rows are counted, wherever else they stand.
-#}
{% test unique_key(model, columns, touched=none, touched_by=none) %}
{%- set key = columns | join(', ') %}
select {{ key }}, count(*) as row_count
from {{ model }}
{%- if touched is not none and is_incremental_run() %}
where ({{ key }}) in (
        select {{ key }} from {{ model }}
        where ({{ touched_by }}) in (select {{ touched_by }} from {{ touched }})
    )
{%- endif %}
group by {{ key }}
having count(*) > 1
{% endtest %}
