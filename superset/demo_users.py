"""The demonstration's log-ins; two of them are people of the simulated call centre."""

from __future__ import annotations

import duckdb
from superset_home import SupersetHome

# By log-in: first name, last name, role and password.
DEMO_USERS = {
    "executive": ("Erin", "Executive", "Executive", "executive-demo"),
    "hr": ("Hana", "Human Resources", "HR", "hr-demo"),
    "analyst": ("Andris", "Analyst", "Analyst", "analyst-demo"),
    "supervisor": ("Sandra", "Supervisor", "Supervisor", "supervisor-demo"),
    "agent": ("Alex", "Agent", "Agent", "agent-demo"),
    "operator": ("Oliver", "Operator", "Operator", "operator-demo"),
    "admin": ("Ada", "Admin", "Admin", "admin-demo"),
}
# Whoever leads most people directly, and of these the one with the newest score and most bonus.
PEOPLE = """
    with present as (
        select people.employee_id, people.supervisor_id, access.email
        from marts.marts.dim_employee as people
        inner join marts.marts.access as access
            on people.employee_id = access.employee_id and access.reason = 'self'
        cross join marts.marts.publication
        where people.valid_from <= publication.as_of::date
            and (people.valid_to > publication.as_of::date or people.valid_to is null)
    ),
    scores as (
        select subject_id as employee_id, max(period_start) as scored_at
        from marts.marts.scorecards
        where subject_type = 'employee' and period_type = 'month' and score is not null
        group by subject_id
    ),
    bonuses as (
        select employee_id, max_by(bonus_amount, period_start) as bonus_amount
        from pay.marts.compensation_inputs
        group by employee_id
    )
    select leaders.email, members.email
    from present as members
    inner join present as leaders on members.supervisor_id = leaders.employee_id
    left join scores on members.employee_id = scores.employee_id
    left join bonuses on members.employee_id = bonuses.employee_id
    order by
        count(*) over (partition by leaders.employee_id) desc,
        leaders.employee_id,
        scores.scored_at desc nulls last,
        bonuses.bonus_amount desc nulls last,
        members.employee_id
    limit 1
"""


def demo_emails(home: SupersetHome) -> dict[str, str]:
    """The e-mail of each log-in: a real person's where a publication has one to choose."""
    emails = {name: f"{name}@meritline.invalid" for name in DEMO_USERS}
    files = {name: home.database(name) for name in ("marts", "pay")}
    if not all(path.exists() for path in files.values()):
        return emails
    with duckdb.connect() as connection:
        for name, path in files.items():
            connection.execute(f"attach '{path}' as {name} (read_only)")
        try:
            chosen = connection.execute(PEOPLE).fetchone()
        except duckdb.CatalogException:
            return emails  # published before there was a mart `access`
    return emails | dict(zip(("supervisor", "agent"), chosen or (), strict=False))
