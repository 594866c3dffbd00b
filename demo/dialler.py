"""An outbound dialler's call records: FreeSWITCH's `cdr_csv`, without a header, in local time."""

from __future__ import annotations

import random
import uuid
from datetime import date, timedelta

from demo.clock import SiteClock
from demo.organisation import Employee, Site
from demo.rota import Rota
from demo.writing import Files

CAMPAIGN_DAYS = 6
REACHED = (("NORMAL_CLEARING", 62), ("NO_ANSWER", 24), ("USER_BUSY", 10), ("CALL_REJECTED", 4))


def write_dialler_records(
    files: Files, site: Site, clock: SiteClock, rota: Rota, people: list[Employee], first: date,
    last: date, rng: random.Random,
) -> int:  # fmt: skip
    """Write the campaigns of the last days: short calls by people whose shift was over.

    Returns:
        The number of calls.
    """
    names = {person.employee_id: person for person in people}
    calls = 0
    for number in range(min(CAMPAIGN_DAYS, (last - first).days - 1)):
        day = last - timedelta(days=number)
        lines: list[tuple[int, str]] = []
        for shift in rota.shifts[day]:
            person = names.get(shift.employee.employee_id)
            if person is None or not shift.comes:
                continue
            # Half an hour after the shift, so that nobody is on two telephones at once.
            at = shift.ends_at + 2400
            for _ in range(rng.randrange(6, 14)):
                cause = rng.choices([name for name, _ in REACHED], [n for _, n in REACHED])[0]
                answered = at + rng.randrange(4, 20) if cause == "NORMAL_CLEARING" else None
                end = answered + 8 + int(rng.expovariate(1 / 45.0)) if answered else at + 25
                text = clock.text
                customer = f"+{site.number_prefix}{rng.randrange(10**site.number_digits):08d}"
                unique = uuid.UUID(int=rng.getrandbits(128), version=4)
                other = uuid.UUID(int=rng.getrandbits(128), version=4) if answered else ""
                fields = (
                    person.full_name, person.extension, customer, "default", text(at),
                    text(answered) if answered else "", text(end), end - at,
                    end - answered if answered else 0, cause, unique, other, "campaign", "PCMA",
                    "PCMA",
                )  # fmt: skip
                lines.append((at, ",".join(f'"{value}"' for value in fields)))
                at = end + rng.randrange(5, 60)
        calls += len(lines)
        if lines:
            files.lines(
                f"freeswitch_cdr/site={site.site_id}/cdr-{day}.csv",
                [line for _, line in sorted(lines)],
            )
    return calls
