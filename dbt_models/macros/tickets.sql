{#-
    The newest row of each key that `as_of` knows. Where every row came later, the earliest of them,
    marked `_is_later`: the thing existed already, what it was then has to be read elsewhere.
-#}
{% macro latest_as_of(feed, keys, latest) -%}
    select
        *,
        coalesce({{ latest }} > timestamp '{{ var("as_of") }}', false) as _is_later
    from {{ source('raw', feed) }}
    qualify row_number() over (
        partition by {{ keys | join(', ') }}
        order by
            case when {{ latest }} > timestamp '{{ var("as_of") }}' then 1 else 0 end,
            case when {{ latest }} > timestamp '{{ var("as_of") }}' then {{ latest }} end,
            {{ latest }} desc nulls last,
            _path desc,
            _line_number desc
    ) = 1
{%- endmacro %}

{#- Whether a name or an address has one of the words that only a program is called by. -#}
{% macro is_bot(columns) -%}
    (
        {%- for column in columns %}
        {%- set words = "' ' || translate(lower(coalesce(" ~ column ~ ", '')), '._-+@/()', '        ') || ' '" %}
        {%- for word in var('bot_words') %}
        {{ words }} like '% {{ word }} %'
        {%- if not loop.last %} or{% endif %}
        {%- endfor %}
        {%- if not loop.last %} or{% endif %}
        {%- endfor %}
    )
{%- endmacro %}

{#- Seconds from one instant to a later one; NULL where they stand the other way round. -#}
{% macro seconds_between(started_at, ended_at) -%}
    case
        when {{ ended_at }} >= {{ started_at }}
            then {{ epoch_seconds(ended_at) }} - {{ epoch_seconds(started_at) }}
    end
{%- endmacro %}

{#- The instant at which the clocks of a zone show so many minutes after a date's midnight. -#}
{% macro wall_clock_utc(day, minutes, time_zone) -%}
    {{ to_utc(add_seconds("cast(" ~ day ~ " as timestamp)", "60 * " ~ minutes), time_zone) }}
{%- endmacro %}
