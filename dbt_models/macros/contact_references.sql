{#-
    The contact that a row names, as of an instant of the row, and who held it: `recency` 1 is the last
    leg answered before, of the contact that began last before. Rows of the site `default` came without
    a site, so their contact may be of any; where two sites know the reference it is nobody's
    (`is_one_site`). `first` may put some legs before others.
-#}
{% macro held_contacts(rows, keys, instant, first=none) -%}
    {%- set key = rows ~ '.' ~ keys | join(', ' ~ rows ~ '.') -%}
    select
        {{ key }},
        contacts.contact_id,
        contacts.site_id,
        legs.queue_id,
        legs.agent_login,
        legs.employee_id,
        contacts.is_excluded,
        min(contacts.site_id) over (partition by {{ key }})
        = max(contacts.site_id) over (partition by {{ key }}) as is_one_site,
        row_number() over (
            partition by {{ key }}
            order by
                {% if first %}{{ first }}, {% endif %}contacts.started_at desc,
                legs.answered_at desc nulls last,
                legs.leg_number desc nulls last,
                contacts.contact_id
        ) as recency
    from {{ rows }}
    left join {{ ref('int_contacts__references') }} as aliases
        on {{ rows }}.contact_ref = aliases.contact_ref
        and {{ rows }}.site_id in (aliases.site_id, 'default')
    inner join {{ ref('fct_contacts') }} as contacts
        on contacts.callid = coalesce(aliases.callid, {{ rows }}.contact_ref)
        and contacts.site_id = coalesce(aliases.site_id, contacts.site_id)
        and {{ rows }}.site_id in (contacts.site_id, 'default')
        and {{ instant }} >= contacts.started_at
    left join {{ ref('fct_contact_legs') }} as legs
        on contacts.contact_id = legs.contact_id and {{ instant }} >= legs.answered_at
{%- endmacro %}
