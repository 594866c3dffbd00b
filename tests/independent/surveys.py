"""Answers of customers, with whoever held the contact when they were given.

Of two deliveries of one answer the later `answered_at` stands. A reference that several contacts
share means the one that began last before the answer; who answers for it is the last leg before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.independent.raw import DEFAULT_SITE, Zone, read_csv
from tests.independent.records import local, site_zone, standing
from tests.independent.replay import Contact, Leg

# Question → the top of its scale where none was delivered.
SCALES = {"csat": 5, "ces": 7, "nps": 10, "resolved": 1}
LOWEST = {"csat": 1, "ces": 1, "nps": 0, "resolved": 0}
WORDS = {"yes": 1, "true": 1, "no": 0, "false": 0}


@dataclass(slots=True)
class Held:
    """The contact that a reference means at an instant, and the leg that held it."""

    contact: Contact | None
    leg: Leg | None

    @property
    def login(self) -> str:
        """Who held it, as the telephony writes it."""
        return self.leg.agent if self.leg else "unknown"

    @property
    def employee(self) -> str | None:
        """Who held it."""
        return self.leg.employee if self.leg else None


class References:
    """Contacts by the id that other systems know them by."""

    def __init__(self, contacts: Iterable[Contact]) -> None:
        """Every id of every contact."""
        self.contacts: dict[tuple[str, str], list[Contact]] = defaultdict(list)
        for contact in sorted(contacts, key=lambda one: one.started_at):
            for callid in {contact.callid, *contact.other_ids}:
                self.contacts[contact.site, callid].append(contact)

    def uses(self, folder: str, ref: str | None) -> list[Contact]:
        """The contacts that a reference may mean, in their order.

        A record that came outside the sites' folders finds them anywhere, unless two sites know
        the id.
        """
        if not ref:
            return []
        if folder != DEFAULT_SITE:
            return self.contacts.get((folder, ref), [])
        anywhere = [uses for (_, callid), uses in self.contacts.items() if callid == ref]
        return anywhere[0] if len(anywhere) == 1 else []

    def contact(self, folder: str, ref: str | None) -> Contact | None:
        """The contact that a reference means, the latest where the id was used again."""
        known = self.uses(folder, ref)
        return known[-1] if known else None

    def held(self, folder: str, ref: str | None, at: int) -> Held:
        """Who held the contact at an instant."""
        before = [one for one in self.uses(folder, ref) if one.started_at <= at]
        contact = before[-1] if before else None
        legs = [leg for leg in contact.legs if leg.answered_at <= at] if contact else []
        return Held(contact, legs[-1] if legs else None)


@dataclass(slots=True)
class Survey:
    """One answer that is on its question's scale."""

    survey_id: str
    site: str
    held: Held
    question: str
    answer: Fraction
    scale_max: Fraction
    answered_at: int
    work_date: str

    @property
    def is_top(self) -> bool:
        """Whether the answer is in the top two boxes."""
        return self.answer >= self.scale_max - 1

    @property
    def balance(self) -> int:
        """1 of a promoter, -1 of a detractor."""
        return int(self.answer >= 9) - int(self.answer <= 6)

    @property
    def ease(self) -> Fraction:
        """The answer on a scale from 1 to 7, whatever its own."""
        return 1 + (self.answer - 1) * 6 / (self.scale_max - 1)


def number(text: str) -> Fraction | None:
    """The number that an answer is."""
    word = WORDS.get(text.strip().lower())
    try:
        return Fraction(text.strip()) if word is None else Fraction(word)
    except ValueError:
        return None


def answers(
    inbox: Path, zones: dict[str, Zone], references: References, as_of: int | None
) -> list[Survey]:
    """Every answer that counts."""
    found: list[Survey] = []
    for folder, row in standing(
        read_csv(inbox, "surveys"),
        lambda _, row: (row["survey_id"], row["question"]),
        lambda site, row: local(site_zone(zones, site), row["answered_at"]),
        as_of,
    ):
        question = row["question"]
        answer = number(row["answer"] or "")
        if question not in SCALES or answer is None:
            continue
        scale = Fraction(row["scale_max"] or SCALES[question])
        if not LOWEST[question] <= answer <= scale:
            continue
        at = site_zone(zones, folder).epoch_of(row["answered_at"])
        held = references.held(folder, row["contact_ref"], at)
        site = held.leg.site if held.leg else folder
        day = site_zone(zones, site).date_of(at)
        found.append(Survey(row["survey_id"], site, held, question, answer, scale, at, day))
    return found
