"""Contacts that leave every KPI: of an incident, of colleagues, of tests.

A contact is of an incident that it began in, of its site and, where the incident names a queue, of
one that the contact was in. What else leaves is the organisation's to say, in `exclusion_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.independent.people import FOREVER
from tests.independent.raw import Zone, read_csv
from tests.independent.records import local, site_zone, standing
from tests.independent.replay import Contact

ANY_SITE = "*"


@dataclass(slots=True, frozen=True)
class Incident:
    """A declared disturbance, half open."""

    incident_id: str
    site: str | None
    queue: str | None
    start: int
    end: int

    def covers(self, contact: Contact) -> bool:
        """Whether the contact is of it."""
        if self.site not in (None, contact.site):
            return False
        entries = [(one.queue, one.enqueued_at) for one in contact.visits]
        return any(
            self.start <= at < self.end and self.queue in (None, queue)
            for queue, at in entries or [(None, contact.started_at)]
        )


def queues_of(contact: Contact) -> set[str]:
    """Every queue that a contact was in."""
    return {one.queue for one in (*contact.visits, *contact.legs) if one.queue is not None}


def incidents(inbox: Path, zones: dict[str, Zone], as_of: int | None) -> list[Incident]:
    """Every incident that had begun."""
    found: list[Incident] = []
    for folder, row in standing(
        read_csv(inbox, "incidents"),
        lambda _, row: row["incident_id"],
        lambda folder, row: local(site_zone(zones, row["site"] or folder), row["starts_at"]),
        as_of,
    ):
        zone = site_zone(zones, row["site"] or folder)
        end = local(zone, row["ends_at"])
        found.append(
            Incident(
                row["incident_id"],
                row["site"],
                row["queue"],
                zone.epoch_of(row["starts_at"]),
                FOREVER if end is None else end,
            )
        )
    return found


@dataclass(slots=True, frozen=True)
class Rule:
    """One row of the organisation's rules; `%` is any text and `_` one character."""

    reason: str
    site: str
    name: str
    pattern: str

    def covers(self, contact: Contact) -> bool:
        """Whether the contact is of the rule."""
        if self.site not in (ANY_SITE, contact.site):
            return False
        parts = {"%": ".*", "_": "."}
        like = "".join(parts.get(char, re.escape(char)) for char in self.pattern)
        return any(re.fullmatch(like, value, re.DOTALL) for value in self.values(contact))

    def values(self, contact: Contact) -> set[str]:
        """What of the contact the rule looks at."""
        if self.name == "queue_id":
            return queues_of(contact)
        if self.name == "agent_login":
            return {leg.agent for leg in contact.legs}
        if self.name == "direction":
            return {contact.direction}
        return {contact.extension} if contact.extension else set()


def rules(seed: Iterable[dict[str, str]]) -> list[Rule]:
    """The rules in the organisation's order."""
    return [Rule(row["reason"], row["site_id"], row["field"], row["pattern"]) for row in seed]


def exclude(contacts: Iterable[Contact], known: list[Incident], orders: list[Rule]) -> None:
    """Marks contacts; an incident comes before a test and that before a colleague's call."""
    for contact in contacts:
        reasons = {rule.reason for rule in orders if rule.covers(contact)}
        if any(incident.covers(contact) for incident in known):
            contact.exclusion = "incident"
        elif reasons:
            contact.exclusion = max(reasons)
