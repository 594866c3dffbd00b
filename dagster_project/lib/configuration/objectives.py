"""The tree of objectives: every parent exists, no circle, nothing large below something small."""

from __future__ import annotations

from dagster_project.lib.configuration.mistakes import meant
from dagster_project.lib.configuration.models import Objective
from dagster_project.lib.configuration.tables import Configuration

# From the whole to the person; site, vendor and department stand beside each other.
DEPTH = {"company": 0, "vendor": 1, "site": 1, "department": 1, "team": 2, "employee": 3}


def check_objectives(configuration: Configuration) -> None:
    """Blame objectives that hang from nothing, from themselves, or upside down."""
    table = configuration.table(Objective)
    known = table.values("objective_id")
    # Of several validities the last one says where the node hangs.
    nodes = {row.objective_id: row for row in table.rows}
    circles: set[str] = set()
    for row in table.rows:
        if row.parent_id is None:
            continue
        parent = nodes.get(row.parent_id)
        if row.parent_id not in known:
            table.blame(
                row.line, "parent_id",
                f"unknown objective {row.parent_id!r}{meant(row.parent_id, known)}",
                "an objective_id of this file, or nothing for a root", "correct the parent",
            )  # fmt: skip
        elif row.objective_id not in circles and (circle := _circle(row, nodes)):
            circles |= set(circle)
            table.blame(
                row.line, "parent_id", f"the objectives go round: {' → '.join(circle)}",
                "a tree, in which every way up ends at a root", "let one of them hang elsewhere",
            )  # fmt: skip
        elif parent is not None and DEPTH[row.subject_type] < DEPTH[parent.subject_type]:
            table.blame(
                row.line, "parent_id",
                f"an objective of a {row.subject_type} hangs from one of a {parent.subject_type}",
                "a parent of the same or a larger subject", "turn the two round",
            )  # fmt: skip


def _circle(row: Objective, nodes: dict[str, Objective]) -> list[str]:
    """Return the way from a node to itself, empty when it leads to a root."""
    way = [row.objective_id]
    node: Objective | None = row
    while node is not None and node.parent_id is not None:
        way.append(node.parent_id)
        if node.parent_id == row.objective_id:
            return way
        if node.parent_id in way[:-1]:
            return []  # into a circle of others, which is blamed there
        node = nodes.get(node.parent_id)
    return []
