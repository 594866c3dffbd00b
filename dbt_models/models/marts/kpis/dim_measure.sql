{%- set legs = 'queue_id is not null and not is_excluded' -%}
{%- set offers = 'not is_excluded' -%}
{%- set repeats = "outcome = 'answered' and is_final and not is_shared_number" -%}
{%- set answers = 'is_valid and not is_excluded' -%}
{%- set handling = 'talk_seconds + coalesce(hold_seconds, 0) + coalesce(wrap_seconds, 0)' -%}
{%- set measures = [
    ('handled', 'fct_contact_legs', legs, '1', 'work_date'),
    ('finished', 'fct_contact_legs', legs ~ ' and talk_seconds is not null', '1', 'work_date'),
    ('handle_seconds', 'fct_contact_legs', legs ~ ' and talk_seconds is not null', handling, 'work_date'),
    ('transferred_out', 'fct_contact_legs', legs ~ ' and is_transferred_out', '1', 'work_date'),
    ('answerable_offers', 'fct_offers', offers ~ " and end_reason <> 'cancelled'", '1', 'work_date'),
    ('no_answer_offers', 'fct_offers', offers ~ " and end_reason = 'no_answer'", '1', 'work_date'),
    ('fcr_contacts', 'fct_contact_repeats', repeats, '1', 'work_date'),
    ('resolved_contacts', 'fct_contact_repeats', repeats ~ ' and not is_repeated', '1', 'work_date'),
    ('settled_contacts', 'fct_contact_repeats', repeats, '1', 'settled_date'),
    ('settled_resolved_contacts', 'fct_contact_repeats', repeats ~ ' and not is_repeated', '1', 'settled_date'),
    ('csat_answers', 'fct_surveys', answers ~ " and question = 'csat'", '1', 'work_date'),
    ('csat_top_answers', 'fct_surveys', answers ~ ' and is_top_answer', '1', 'work_date'),
    ('nps_answers', 'fct_surveys', answers ~ " and question = 'nps'", '1', 'work_date'),
    ('nps_balance', 'fct_surveys', answers ~ ' and promoter_balance is not null', 'promoter_balance', 'work_date'),
    ('ces_answers', 'fct_surveys', answers ~ " and question = 'ces'", '1', 'work_date'),
    ('ces_points', 'fct_surveys', answers ~ ' and ease_points is not null', 'ease_points', 'work_date'),
    ('resolved_answers', 'fct_surveys', answers ~ " and question = 'resolved'", '1', 'work_date'),
    ('resolved_yes_answers', 'fct_surveys', answers ~ ' and is_resolved', '1', 'work_date'),
    ('valid_complaints', 'fct_complaints', answers, '1', 'work_date'),
] -%}

{%- for measure, mart, condition, amount, day in measures %}
select
    '{{ measure }}' as measure,
    '{{ mart }}' as mart,
    '{{ condition | replace("'", "''") }}' as condition,
    '{{ amount }}' as amount,
    '{{ day }}' as day
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
