{#-
    Who held a login at an instant, and the work day of what they did: the site's local date, or the
    day on which their night shift started. Joins `identities`, `night_shifts` and `sites` to `rows`.
-#}
{% macro attribution_joins(rows, instant) -%}
    inner join {{ ref('stg_seeds__sites') }} as sites on {{ rows }}.site_id = sites.site_id
    left join {{ ref('dim_identity') }} as identities
        on {{ rows }}.site_id = identities.site_id
        and {{ rows }}.agent_login = identities.agent_login
        and cast({{ to_local(instant, 'sites.time_zone') }} as date) >= identities.valid_from
        and (
            cast({{ to_local(instant, 'sites.time_zone') }} as date) < identities.valid_to
            or identities.valid_to is null
        )
    left join {{ ref('fct_shifts') }} as night_shifts
        on night_shifts.is_night_shift
        and identities.employee_id = night_shifts.employee_id
        and {{ instant }} >= night_shifts.started_at
        and {{ instant }} < night_shifts.ended_at
{%- endmacro %}

{% macro attributed_work_date(instant) -%}
    coalesce(
        night_shifts.work_date, cast({{ to_local(instant, 'sites.time_zone') }} as date)
    )
{%- endmacro %}
