{#- Time, the part of SQL in which DuckDB and Spark agree least. -#}

{#- UTC wall clock -> the wall clock of an IANA zone. -#}
{% macro to_local(instant, time_zone) -%}
    {{ return(adapter.dispatch('to_local')(instant, time_zone)) }}
{%- endmacro %}
{% macro default__to_local(instant, time_zone) -%}
    (({{ instant }}) at time zone 'UTC' at time zone {{ time_zone }})
{%- endmacro %}
{% macro spark__to_local(instant, time_zone) -%}
    from_utc_timestamp({{ instant }}, {{ time_zone }})
{%- endmacro %}

{#- The wall clock of an IANA zone -> UTC wall clock. -#}
{% macro to_utc(local_instant, time_zone) -%}
    {{ return(adapter.dispatch('to_utc')(local_instant, time_zone)) }}
{%- endmacro %}
{% macro default__to_utc(local_instant, time_zone) -%}
    (({{ local_instant }}) at time zone {{ time_zone }} at time zone 'UTC')
{%- endmacro %}
{% macro spark__to_utc(local_instant, time_zone) -%}
    to_utc_timestamp({{ local_instant }}, {{ time_zone }})
{%- endmacro %}

{#-
    The same, where another clock tells about when it was (seconds since 1970, or NULL): of an hour that
    comes twice the pass that lies nearer.
-#}
{% macro to_utc_near(local_instant, time_zone, near) -%}
    {%- set utc = to_utc(local_instant, time_zone) -%}
    case
        {%- for shift in [-3600, 3600] %}
        when {{ to_local(add_seconds(utc, shift), time_zone) }} = {{ local_instant }}
            and abs({{ epoch_seconds(utc) }} + {{ shift }} - ({{ near }})) < abs({{ epoch_seconds(utc) }} - ({{ near }}))
            then {{ add_seconds(utc, shift) }}
        {%- endfor %}
        else {{ utc }}
    end
{%- endmacro %}

{#- Whole seconds since 1970 -> UTC timestamp. -#}
{% macro from_epoch(seconds) -%}
    {{ return(adapter.dispatch('from_epoch')(seconds)) }}
{%- endmacro %}
{% macro default__from_epoch(seconds) -%}
    make_timestamp(({{ seconds }}) * 1000000)
{%- endmacro %}
{% macro spark__from_epoch(seconds) -%}
    timestamp_seconds({{ seconds }})
{%- endmacro %}

{#- Seconds since 1970 of a UTC timestamp, as a whole number. -#}
{% macro epoch_seconds(instant) -%}
    {{ return(adapter.dispatch('epoch_seconds')(instant)) }}
{%- endmacro %}
{% macro default__epoch_seconds(instant) -%}
    cast(floor(epoch({{ instant }})) as bigint)
{%- endmacro %}
{% macro spark__epoch_seconds(instant) -%}
    unix_timestamp({{ instant }})
{%- endmacro %}

{#- A timestamp plus so many seconds. -#}
{% macro add_seconds(instant, seconds) -%}
    {{ return(adapter.dispatch('add_seconds')(instant, seconds)) }}
{%- endmacro %}
{% macro default__add_seconds(instant, seconds) -%}
    (({{ instant }}) + to_seconds({{ seconds }}))
{%- endmacro %}
{% macro spark__add_seconds(instant, seconds) -%}
    timestampadd(second, {{ seconds }}, {{ instant }})
{%- endmacro %}

{#- A date plus so many days, still a date. -#}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days')(day, days)) }}
{%- endmacro %}
{% macro default__add_days(day, days) -%}
    (({{ day }}) + ({{ days }}))
{%- endmacro %}
{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, {{ days }})
{%- endmacro %}

{#- Monday = 1 … Sunday = 7. -#}
{% macro iso_weekday(day) -%}
    {{ return(adapter.dispatch('iso_weekday')(day)) }}
{%- endmacro %}
{% macro default__iso_weekday(day) -%}
    cast(isodow({{ day }}) as integer)
{%- endmacro %}
{% macro spark__iso_weekday(day) -%}
    (weekday({{ day }}) + 1)
{%- endmacro %}

{#- '2026-10', '2026-W43' …: a timestamp or date as text. -#}
{% macro format_date(day, duckdb_format, spark_format) -%}
    {{ return(adapter.dispatch('format_date')(day, duckdb_format, spark_format)) }}
{%- endmacro %}
{% macro default__format_date(day, duckdb_format, spark_format) -%}
    strftime({{ day }}, '{{ duckdb_format }}')
{%- endmacro %}
{% macro spark__format_date(day, duckdb_format, spark_format) -%}
    date_format({{ day }}, '{{ spark_format }}')
{%- endmacro %}

{#- A rowset of whole numbers first … last, column `n`. -#}
{% macro number_series(first, last) -%}
    {{ return(adapter.dispatch('number_series')(first, last)) }}
{%- endmacro %}
{% macro default__number_series(first, last) -%}
    (select unnest(range({{ first }}, {{ last }} + 1)) as n)
{%- endmacro %}
{% macro spark__number_series(first, last) -%}
    (select explode(sequence({{ first }}, {{ last }})) as n)
{%- endmacro %}

{#- The half hour in which an instant lies. -#}
{% macro interval_start(instant) -%}
    {{ from_epoch("(" ~ epoch_seconds(instant) ~ " - " ~ epoch_seconds(instant) ~ " % 1800)") }}
{%- endmacro %}

{#- 'Mon' … 'Sun'. -#}
{% macro weekday_label(day) -%}
    case {{ iso_weekday(day) }}
        when 1 then 'Mon'
        when 2 then 'Tue'
        when 3 then 'Wed'
        when 4 then 'Thu'
        when 5 then 'Fri'
        when 6 then 'Sat'
        else 'Sun'
    end
{%- endmacro %}

{#- The names of zones that the engine knows, column `name`. Spark refuses others when it reads them. -#}
{% macro known_time_zones() -%}
    {{ return(adapter.dispatch('known_time_zones')()) }}
{%- endmacro %}
{% macro default__known_time_zones() -%}
    (select name from pg_timezone_names())
{%- endmacro %}
{% macro spark__known_time_zones() -%}
    (select distinct time_zone as name from {{ ref('zendesk_time_zones') }})
{%- endmacro %}

{# The whole days from one date to a later one. #}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}
{% macro default__days_between(first, last) -%}
    date_diff('day', {{ first }}, {{ last }})
{%- endmacro %}
{% macro spark__days_between(first, last) -%}
    datediff({{ last }}, {{ first }})
{%- endmacro %}
