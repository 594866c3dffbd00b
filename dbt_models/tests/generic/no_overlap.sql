{#- No two validities `[valid_from, valid_to)` of one key overlap, and none is empty. -#}
{% test no_overlap(model, keys) %}
select *
from (
    select
        *,
        lead(valid_from) over (partition by {{ keys | join(', ') }} order by valid_from) as next_valid_from
    from {{ model }}
)
where valid_from >= coalesce(valid_to, date '9999-12-31')
    or next_valid_from < coalesce(valid_to, date '9999-12-31')
{% endtest %}
