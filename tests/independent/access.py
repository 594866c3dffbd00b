"""Whom somebody may see, from what HR says of one day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tests.independent.people import Post, post_on
from tests.independent.workforce import Staff

MANAGERS = {"site_manager": "site", "vendor_manager": "vendor"}


def present(staff: Staff, vendors: Mapping[str, str]) -> dict[str, Post]:
    """Whoever works here on the day of `as_of`, and where; in no post, in no team."""
    day = datetime.fromtimestamp(staff.as_of or 0, UTC).date().isoformat()
    found: dict[str, Post] = {}
    for employee in staff.known.keys() | staff.posts.keys():
        record = staff.known.get(employee) or {}
        post = post_on(staff.posts.get(employee), day)
        if post is not None:
            vendor = post.vendor or vendors.get(post.site or "")
            found[employee] = replace(post, vendor=vendor)
        elif not staff.posts.get(employee):
            hired, left = record.get("hire_date") or "", record.get("leave_date") or "9999-12-31"
            if hired <= day <= left:
                found[employee] = Post(hired, left, None, None, None, None, None)
    return found


def led_by(leader: str, here: Mapping[str, Post]) -> set[str]:
    """The tree below somebody; who lead one another in a circle lead themselves."""
    below: set[str] = set()
    new = {leader}
    while new:
        new = {one for one, post in here.items() if post.supervisor in new} - below
        below |= new
    return below


def managed_by(manager: Post, here: Mapping[str, Post]) -> set[str]:
    """Everybody of a manager's site or vendor."""
    place = MANAGERS.get(manager.role or "")
    if place is None:
        return set()
    return {one for one, post in here.items() if getattr(post, place) == getattr(manager, place)}


def seen(staff: Staff, vendors: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Address, employee, reason; an address that two people share names neither."""
    here = present(staff, vendors)
    owners: dict[str, set[str]] = defaultdict(set)
    for employee, record in staff.known.items():
        if email := (record.get("email") or "").strip().lower():
            owners[email].add(employee)
    for email, who in owners.items():
        viewer = min(who)
        if len(who) > 1 or viewer not in here:
            continue
        mine, led = here[viewer], led_by(viewer, here)
        reasons = dict.fromkeys(managed_by(mine, here), str(mine.role))
        reasons |= dict.fromkeys(led, "supervisor") | {viewer: "self"}
        for employee, reason in reasons.items():
            yield email, employee, reason
