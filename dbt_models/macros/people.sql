{#-
    Where the employee of each row worked on a day: the site of the assignment, else that of the
    file. Instants without an offset go by the clock of the file's site, else by that of the employee's.
    Joins `assignments`, `sites` and `clocks` to `rows`.
-#}
{% macro site_of_employee(rows, day) -%}
    left join {{ ref('stg_hr__assignments') }} as assignments
        on {{ rows }}.employee_id = assignments.employee_id
        and {{ day }} >= assignments.valid_from
        and ({{ day }} < assignments.valid_to or assignments.valid_to is null)
    inner join {{ ref('stg_seeds__sites') }} as sites
        on coalesce(assignments.site_id, {{ rows }}._site_id) = sites.site_id
    inner join {{ ref('stg_seeds__sites') }} as clocks
        on coalesce(nullif({{ rows }}._site_id, 'default'), sites.site_id) = clocks.site_id
{%- endmacro %}

{#-
    The spans of each key (starts_at, ends_at and `columns`) so that no two overlap: where several cover
    one moment, the first by `precedence` has it, and when it ends the next has it again. Gives started_at
    and ended_at. CTEs for a model that has its own final select; the result is called `flat`.
-#}
{% macro flatten_spans(spans, columns, precedence, keys=['employee_id']) -%}
{%- set key = keys | join(', ') -%}
{%- set contents = [] -%}
{%- for column in columns -%}{%- do contents.append('clustered.' ~ column) -%}{%- endfor -%}
ordered_spans as (

    select
        *,
        max(ends_at) over (
            partition by {{ key }}
            order by starts_at, ends_at
            rows between unbounded preceding and 1 preceding
        ) as previous_ends_at
    from {{ spans }}

),

-- Spans of different clusters never meet, so that only the few of one cluster are compared.
clustered as (

    select
        *,
        sum(case when previous_ends_at is null or starts_at >= previous_ends_at then 1 else 0 end) over (
            partition by {{ key }} order by starts_at, ends_at rows unbounded preceding
        ) as cluster_number
    from ordered_spans

),

edges as (

    select {{ key }}, cluster_number, starts_at as edge_at from clustered
    union
    select {{ key }}, cluster_number, ends_at as edge_at from clustered

),

slices as (

    select
        *,
        lead(edge_at) over (partition by {{ key }}, cluster_number order by edge_at) as next_edge_at
    from edges

),

covered as (

    select
        {%- for column in keys %}
        slices.{{ column }},
        {%- endfor %}
        slices.edge_at,
        slices.next_edge_at,
        {%- for column in columns %}
        clustered.{{ column }},
        {%- endfor %}
        {{ surrogate_key(contents) }} as content_key,
        row_number() over (
            partition by slices.{{ keys | join(', slices.') }}, slices.edge_at order by {{ precedence }}
        ) as precedence
    from slices
    inner join clustered
        on slices.cluster_number = clustered.cluster_number
        {%- for column in keys %}
        and slices.{{ column }} = clustered.{{ column }}
        {%- endfor %}
        and slices.edge_at >= clustered.starts_at
        and slices.edge_at < clustered.ends_at

),

-- Slices that follow one another with the same content are one again.
marked as (

    select
        *,
        case
            when
                lag(next_edge_at) over (partition by {{ key }} order by edge_at) = edge_at
                and lag(content_key) over (partition by {{ key }} order by edge_at) = content_key
                then 0
            else 1
        end as is_start
    from covered
    where precedence = 1

),

runs as (

    select
        *,
        sum(is_start) over (
            partition by {{ key }} order by edge_at rows unbounded preceding
        ) as run_number
    from marked

),

flat as (

    select
        {{ key }},
        {%- for column in columns %}
        min({{ column }}) as {{ column }},
        {%- endfor %}
        min(edge_at) as started_at,
        max(next_edge_at) as ended_at
    from runs
    group by {{ key }}, run_number

)
{%- endmacro %}
