{#-
    Each value stands in a column of another model. As `unique_key` does, an incremental run asks only of the
    rows that it wrote anew: what they stood for was written anew with them.
-#}
{% test foreign_key(model, column_name, to, field, touched, touched_by) %}
with child as (

    select {{ column_name }} as from_field
    from {{ model }}
    where {{ column_name }} is not null
    {%- if is_incremental_run() %}
        and ({{ touched_by }}) in (select {{ touched_by }} from {{ touched }})
    {%- endif %}

)

select child.from_field
from child
left join {{ to }} as parent on child.from_field = parent.{{ field }}
where parent.{{ field }} is null
{% endtest %}
