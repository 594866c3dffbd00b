"""Who may do what: `roles.yaml` says it, the assets say which datasets that takes.

Nothing here imports Superset before it is asked to write into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from superset_home import ASSETS, SOURCE

DECLARATION = SOURCE / "roles.yaml"
ADMIN = "Admin"

# What it takes to open a page, filter it and look behind a figure.
# Superset's own role for readers may also write themes and approve registrations.
READER_RIGHTS = {
    "can_read": (
        *("AdvancedDataType", "Chart", "CssTemplate", "CurrentUserRestApi", "Dashboard"),
        *("DashboardFilterStateRestApi", "DashboardPermalinkRestApi", "Database", "Dataset"),
        *("ExploreFormDataRestApi", "SecurityRestApi", "Theme"),
    ),
    "can_write": (
        *("CurrentUserRestApi", "DashboardFilterStateRestApi", "DashboardPermalinkRestApi"),
        "ExploreFormDataRestApi",
    ),
    "can_get": ("MenuApi",),
    "can_get_drill_info": ("Dataset",),
    "can_drill": ("Dashboard",),
    "can_view_chart_as_table": ("Dashboard",),
    "can_time_range": ("Api",),
    "can_list": ("AsyncEventsRestApi",),
    "can_recent_activity": ("Log",),
    "can_dashboard": ("Superset",),
    "can_dashboard_permalink": ("Superset",),
    "can_language_pack": ("Superset",),
    "can_log": ("Superset",),
    "can_share_dashboard": ("Superset",),
    "can_userinfo": ("UserDBModelView",),
    "resetmypassword": ("UserDBModelView",),
    "can_this_form_get": ("ResetMyPasswordView",),
    "can_this_form_post": ("ResetMyPasswordView",),
    "menu_access": ("Dashboards",),
}
EXPORT_RIGHTS = {"can_csv": ("Superset",)}
# SQL Lab, and charts, datasets and pages of one's own on what it may read.
QUERY_RIGHTS = {
    "can_read": ("Query", "SavedQuery", "SQLLab", "SqlLabPermalinkRestApi", "Explore"),
    "can_write": ("SavedQuery", "SqlLabPermalinkRestApi", "Chart", "Dashboard", "Dataset"),
    "can_execute_sql_query": ("SQLLab",),
    "can_format_sql": ("SQLLab",),
    "can_get_results": ("SQLLab",),
    "can_export_csv": ("SQLLab", "Query"),
    "can_sqllab": ("Superset",),
    "can_sqllab_history": ("Superset",),
    "can_explore": ("Superset",),
    "can_slice": ("Superset",),
    "can_get": ("TabStateView",),
    "can_post": ("TabStateView", "TableSchemaView"),
    "can_put": ("TabStateView",),
    "can_delete": ("TabStateView", "TableSchemaView"),
    "can_activate": ("TabStateView",),
    "can_delete_query": ("TabStateView",),
    "can_migrate_query": ("TabStateView",),
    "can_expanded": ("TableSchemaView",),
    "menu_access": ("SQL Lab", "SQL Editor", "Saved Queries", "Query Search", "Charts", "Datasets"),
}
QUERIED = "analyst"
# The table that says whom a user may see, in each database that holds people.
ACCESS_TABLES = {"marts": "marts.marts.access", "pay": "pay.marts.pay_access"}
MINE = "from {table} where email in {{{{ [current_user_email() | lower] | where_in }}}}"

RULE_NOTE = "From superset/roles.yaml; made anew by every deployment."


@dataclass(frozen=True)
class Role:
    """One role as it is declared."""

    pages: tuple[str, ...]
    sees: str = "access"
    exports: bool = False
    queries: bool = False

    @property
    def rights(self) -> set[tuple[str, str]]:
        """What the role may do, whatever the data."""
        granted = [READER_RIGHTS]
        granted += [EXPORT_RIGHTS] if self.exports else []
        granted += [QUERY_RIGHTS] if self.queries else []
        return {
            (name, view) for rights in granted for name, views in rights.items() for view in views
        }


@cache
def load_roles(path: Path = DECLARATION) -> dict[str, Role]:
    """The declared roles by name, in the order in which they are declared.

    Every question of a chart asks for them, so they are read once.
    """
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        name: Role(**{**role, "pages": tuple(role["pages"])}) for name, role in declared.items()
    }


@cache
def load_assets(kind: str) -> dict[str, dict[str, Any]]:
    """The assets of one kind by the name of their file; read once, and not to be changed."""
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((ASSETS / kind).glob("*.yaml"))
    }


def landing_pages() -> dict[str, str]:
    """The address of the first page of each role."""
    first = {ADMIN: "executive-scorecard"} | {
        name: role.pages[0] for name, role in load_roles().items()
    }
    return {name: f"/superset/dashboard/{page}/" for name, page in first.items()}


def page_datasets() -> dict[str, set[str]]:
    """The uuids of the datasets that each page's charts and filters read, by the page's slug."""
    charts = {chart["uuid"]: chart["dataset_uuid"] for chart in load_assets("charts").values()}
    pages = {}
    for page in load_assets("dashboards").values():
        shown = {
            charts[place["meta"]["uuid"]]
            for place in page["position"].values()
            if isinstance(place, dict) and place["type"] == "CHART"
        }
        offered = {
            target["datasetUuid"]
            for chooser in page["metadata"]["native_filter_configuration"]
            for target in chooser["targets"]
            if target
        }
        pages[page["slug"]] = shown | offered
    return pages


def row_rules() -> dict[str, dict[str, Any]]:
    """The rules by name: a clause, and the uuids of the datasets that it restricts.

    A dataset about people is known by its column `employee_id`, one of subjects by `subject_type`,
    one of teams by `team`; so that a new one is restricted without being named anywhere.
    """
    databases = {asset["uuid"]: name for name, asset in load_assets("databases").items()}
    rules: dict[str, dict[str, Any]] = {}
    for dataset in load_assets("datasets").values():
        database = databases[dataset["database_uuid"]]
        if database not in ACCESS_TABLES:
            continue
        mine = MINE.format(table=ACCESS_TABLES[database])
        columns = {column["column_name"] for column in dataset["columns"]}
        if "employee_id" in columns:
            kind, clause = "People", f"employee_id in (select employee_id {mine})"
        elif {"subject_type", "subject_id", "team"} <= columns:
            kind, clause = (
                "Subjects",
                "case subject_type"
                f" when 'employee' then subject_id in (select employee_id {mine})"
                f" when 'team' then team in (select team {mine})"
                " else true end",
            )
        elif "team" in columns:
            kind, clause = "Teams", f"(team is null or team in (select team {mine}))"
        else:
            continue
        rule = rules.setdefault(f"{kind} ({database})", {"clause": clause, "datasets": set()})
        rule["datasets"].add(dataset["uuid"])
    return rules


def make_roles() -> None:
    """Make sure that the declared roles are there, for users to have them."""
    from superset.extensions import security_manager

    for name in load_roles():
        if security_manager.find_role(name) is None:
            security_manager.add_role(name)


def define_roles() -> None:
    """Give every role its pages and rights, and every dataset about people its rule."""
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable
    from superset.extensions import db, security_manager
    from superset.models.core import Database
    from superset.models.dashboard import Dashboard

    def managed(model: Any) -> dict[str, Any]:  # noqa: ANN401 - any of Superset's models
        found = db.session.query(model).filter_by(is_managed_externally=True)
        return {str(asset.uuid): asset for asset in found}

    pages = {page.slug: page for page in managed(Dashboard).values()}
    datasets, databases = managed(SqlaTable), managed(Database)
    queried = databases[load_assets("databases")[QUERIED]["uuid"]]
    declared = load_roles()
    reads = page_datasets()
    roles = {name: security_manager.find_role(name) for name in (ADMIN, *declared)}
    for name, role in declared.items():
        rights = role.rights
        for uuid in set().union(*(reads[page] for page in role.pages)):
            rights.add(("datasource_access", datasets[uuid].perm))
        if role.queries:
            rights.add(("database_access", queried.perm))
        roles[name].permissions = [
            security_manager.add_permission_view_menu(*right) for right in sorted(rights)
        ]
    for slug, page in pages.items():
        page.roles = [roles[name] for name, role in declared.items() if slug in role.pages]
    everybody = [
        role for name, role in roles.items() if name == ADMIN or declared[name].sees == "everybody"
    ]
    kept = {rule.name: rule for rule in db.session.query(RowLevelSecurityFilter)}
    for name, wanted in row_rules().items():
        rule = kept.pop(name, None) or RowLevelSecurityFilter(name=name)
        # A base rule holds for everybody but its roles: a role made by hand sees nobody by mistake.
        rule.filter_type, rule.roles, rule.clause = "Base", everybody, wanted["clause"]
        rule.tables = [datasets[uuid] for uuid in sorted(wanted["datasets"])]
        rule.description = RULE_NOTE
        db.session.add(rule)
    for rule in kept.values():
        if rule.description == RULE_NOTE:
            db.session.delete(rule)
    db.session.commit()
