"""Who worked when in the telephony, whatever the login, and of whom the telephony could tell."""

from __future__ import annotations

from collections import defaultdict

from tests.independent.count import Counted
from tests.independent.people import FOREVER, Presence, Span, merged, without
from tests.independent.raw import Zone
from tests.independent.records import site_zone
from tests.independent.replay import Leg


def working(counted: Counted, zones: dict[str, Zone]) -> dict[str, list[Span]]:
    """Employee → spans on a call, in after-call work or available."""
    legs: dict[tuple[str, str], list[Leg]] = defaultdict(list)
    for leg in counted.legs:
        legs[leg.site, leg.agent].append(leg)
    found: dict[str, list[Span]] = defaultdict(list)
    for site, agent in counted.presences.keys() | legs.keys():
        presence = counted.presences.get((site, agent), Presence([], [], []))
        talking = [
            (leg.answered_at, leg.ended_at) for leg in legs[site, agent] if leg.ended_at is not None
        ]
        free = without(merged(presence.logged_in), merged(presence.paused))
        zone = site_zone(zones, site)
        for start, end in (*talking, *presence.wrapping, *free):
            for span in zone.days_of(start, end):
                employee = counted.identities.at((site, agent), span[0])
                if employee:
                    found[employee].append(span)
    return found


def told(counted: Counted, zones: dict[str, Zone]) -> set[tuple[str, str]]:
    """(employee, day) of everybody with a login at a site that told of log-ins on that day."""
    days: dict[str, set[str]] = defaultdict(set)
    for (site, agent), presence in counted.presences.items():
        zone = site_zone(zones, site)
        for start, end in presence.logged_in:
            for first, _ in zone.days_of(start, end):
                employee = counted.identities.at((site, agent), first)
                days[site].add(counted.shifts.date_of(employee, first, zone))
    for site, _, _, day in counted.occupied.keys() | counted.available.keys():
        days[site].add(day)
    found: set[tuple[str, str]] = set()
    for (site, _), rows in counted.identities.rows.items():
        zone = site_zone(zones, site)
        for start, end, employee in rows:
            since = "" if start == -FOREVER else zone.date_of(start)
            until = "9999" if end == FOREVER else zone.date_of(end)
            found.update((employee, day) for day in days[site] if since <= day < until)
    return found
