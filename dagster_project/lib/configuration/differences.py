"""What changed since the last publication, in sentences that can be announced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_project.lib.configuration import models as m
from dagster_project.lib.configuration.fields import EVERY
from dagster_project.lib.configuration.published import Post, Published
from dagster_project.lib.configuration.tables import Configuration
from dagster_project.lib.configuration.timelines import Change, changes


@dataclass(frozen=True)
class Wording:
    """How a change of a seed is told: `subject` verb value `tail`.

    Both are filled with the row's columns, and with kpi (its label) and whom (a role in words).
    """

    subject: str
    tail: str = ""
    # Column → what is said before its value; others are named as they are.
    verbs: tuple[tuple[str, str], ...] = ()
    begins: str = "is new"
    ends: str = "is gone"


WORDINGS: dict[type[m.Row], Wording] = {
    m.Weight: Wording("{kpi}", " for {whom} (scheme {scheme})", (("weight", "weighs"),),
                      begins="begins to count", ends="no longer counts"),
    m.Target: Wording("the target of {kpi}", " for {whom}{site}", (("target", "is"),)),
    m.Suspension: Wording("the suspension of {kpi}", "{site}", (("reason", "has the reason"),)),
    m.Objective: Wording("the objective “{label_en}”", " of {subject_type} {subject_id}",
                         (("target", "asks for"),)),
    m.ReviewSource: Wording("the {source} rating", " for {whom}", (("weight", "weighs"),)),
    m.TierRule: Wording("the tier {tier}", " for {whom}",
                        (("entry_score", "is entered at"), ("exit_score", "is left below"))),
    m.RampStep: Wording("the ramp of {kpi} from day {tenure_days_from}", " for new {whom}",
                        (("target_factor", "has the factor"),)),
    m.Disclosure: Wording("what is told", " to {whom}", (("shows_rank", "shows the rank:"),)),
    m.PayPlan: Wording("the pay plan {plan}", " for {whom}"),
    m.Award: Wording("the award {award}", " for {whom} paid in {currency}",
                     (("amount", "is worth"),)),
    m.PayHold: Wording("the hold on {period}", " of {employee_id}"),
    m.Kpi: Wording("the definition of {kpi}"),
    m.Site: Wording("the site {site_id}"),
    m.Queue: Wording("the queue {queue_id}", "{site}"),
    m.ExclusionRule: Wording("the rule for {reason} contacts by {field} {pattern}", "{site}"),
    m.ZendeskTimeZone: Wording("Zendesk's time zone {zendesk_name}", "", (("time_zone", "means"),)),
    m.CalendarDay: Wording("the calendar day {date}", "{site}"),
    m.Retention: Wording("the retention of {feed}", "", (("days", "is, in days,"),)),
}  # fmt: skip


def differences(folder: Path, published: Published) -> list[str]:
    """Say what the seeds of a folder change, from when, and whom it concerns."""
    if published.seeds is None:
        return []
    old, new = Configuration(published.seeds, "published"), Configuration(folder, "seeds")
    labels = {
        kpi.kpi_code: _in_text(kpi.label_en)
        for kpi in (*old.table(m.Kpi).rows, *new.table(m.Kpi).rows)
    }
    return [
        _sentence(change, labels, published)
        for model in WORDINGS
        for change in changes(old.table(model).rows, new.table(model).rows)
    ]


def _sentence(change: Change[Any], labels: dict[str, str], published: Published) -> str:
    row, wording = change.row, WORDINGS[type(change.row)]
    words: dict[str, object] = {
        **row.model_dump(),
        "kpi": labels.get(getattr(row, "kpi_code", ""), getattr(row, "kpi_code", "")),
        "whom": _whom(row),
        "site": "" if getattr(row, "site_id", EVERY) == EVERY else f" at {row.site_id}",
    }
    subject, tail = wording.subject.format(**words), wording.tail.format(**words)
    verbs = dict(wording.verbs)
    if change.old is not None and change.new is not None:
        told = [
            f"{verbs.get(name, f'has {_words(name)}')} {_value(getattr(change.new, name))} "
            f"instead of {_value(getattr(change.old, name))}"
            for name in change.differing()
        ]
        what = f"{subject} {_joined(told)}{tail}"
    else:
        told = [
            f"{_words(name)} {_value(value)}"
            for name, value in _figures(row)
        ]  # fmt: skip
        verb = wording.begins if change.new is not None else wording.ends
        what = f"{subject} {verb}{tail}" + (f" ({', '.join(told)})" if told else "")
    reason = getattr(change.new, "retroactive_reason", None)
    since = f" Retroactive: {reason}." if reason else ""
    concerned = _concerned(row, published.present)
    text = f"{_when(change)}{what}{f': {concerned}' if concerned else ''}.{since}"
    return text[0].upper() + text[1:]


def _when(change: Change[Any]) -> str:
    if change.start is None:
        return "from the next run on "
    return f"from {change.start} " + (f"until {change.end} " if change.end else "")


def _figures(row: m.Row) -> Iterator[tuple[str, object]]:
    """Return what a row says beyond what its sentence names."""
    for name in type(row).model_fields:
        value = getattr(row, name)
        named = f"{{{name}}}" in WORDINGS[type(row)].subject + WORDINGS[type(row)].tail
        known = {*row.key, "line", "valid_from", "valid_to", "retroactive_reason"}
        if value is not None and not named and name not in known:
            yield name, value


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _words(column: str) -> str:
    return column.replace("_", " ")


def _joined(parts: list[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _in_text(label: str) -> str:
    """Write a label as it stands within a sentence; abbreviations stay."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _whom(row: m.Row) -> str:
    role = getattr(row, "role", EVERY)
    if role != EVERY:
        return f"{_words(role)}s"
    kind = getattr(row, "subject_type", EVERY)
    if kind in {EVERY, "employee"}:
        return "everybody"
    return "the company" if kind == "company" else f"every {kind}"


def _concerned(row: m.Row, posts: list[Post]) -> str:
    """Count the people, or the units, that a row is about; nothing where it is about neither."""
    kind = getattr(row, "subject_type", EVERY)
    if isinstance(row, m.Objective):
        place = None if kind == "company" else {"employee": "employee_id", "site": "site_id"}.get(
            kind, kind
        )  # fmt: skip
        return _people([p for p in posts if not place or getattr(p, place) == row.subject_id])
    if kind in {"team", "department", "site", "vendor"}:
        units = {getattr(p, "site_id" if kind == "site" else kind) for p in posts} - {None}
        return f"{len(units)} {kind}{'' if len(units) == 1 else 's'}"
    if kind == "company" or isinstance(row, (m.ZendeskTimeZone, m.Retention, m.ExclusionRule)):
        return ""
    return _people(
        [
            p
            for p in posts
            if getattr(row, "role", EVERY) in {EVERY, p.role}
            and getattr(row, "site_id", EVERY) in {EVERY, p.site_id}
            and getattr(row, "employee_id", p.employee_id) == p.employee_id
        ]
    )


def _people(posts: list[Post]) -> str:
    count = len({post.employee_id for post in posts})
    return "nobody at present" if count == 0 else "1 person" if count == 1 else f"{count} people"
