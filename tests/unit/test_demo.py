"""The demo's files: the same every time, consistent in themselves, and like a call centre's."""

import csv
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from demo import SimulationSummary, simulate

ZONES = {"riga": ZoneInfo("Europe/Riga"), "manila": ZoneInfo("Asia/Manila")}
LEG_ENDS = {
    "COMPLETEAGENT": (5, 6),
    "COMPLETECALLER": (5, 6),
    "BLINDTRANSFER": (7, 8),
    "ATTENDEDTRANSFER": (7, 8),
}
VISIT_ENDS = {"ABANDON": 7, "EXITWITHTIMEOUT": 7, "EXITEMPTY": 7, "EXITWITHKEY": 8}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SimulationSummary]:
    inbox = tmp_path_factory.mktemp("demo") / "inbox"
    return inbox, simulate(inbox, agents=40, days=21)


def events(inbox: Path, site: str) -> Iterator[list[str]]:
    for path in sorted((inbox / f"asterisk_queue_log/site={site}").iterdir()):
        for line in path.read_text().splitlines():
            yield line.split("|")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def records(inbox: Path, site: str) -> Iterator[tuple[str, list[str]]]:
    for path in sorted((inbox / f"asterisk_cdr/site={site}").iterdir()):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                yield path.name, row


def digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return total.hexdigest()


def test_equal_arguments_give_equal_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        simulate(tmp_path / name / "inbox", agents=12, days=14, seed=seed)
    a, b, c = (digest(tmp_path / name) for name in "abc")
    assert a == b
    assert a != c


def test_no_temporary_file_is_left(demo: tuple[Path, SimulationSummary]) -> None:
    inbox, summary = demo
    files = [path for path in inbox.rglob("*") if path.is_file()]
    assert len(files) == summary.files
    assert not [path for path in files if path.name.startswith(".")]


def test_progress_counts_site_days(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulate(
        tmp_path / "inbox",
        agents=12,
        days=7,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(n, 14) for n in range(1, 15)]


def test_too_small_a_demo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 12 agents"):
        simulate(tmp_path / "inbox", agents=3)


@pytest.mark.parametrize("site", ZONES)
def test_every_queue_event_follows_from_those_before(
    demo: tuple[Path, SimulationSummary], site: str
) -> None:
    inbox, _ = demo
    waiting: dict[str, tuple[int, str, str]] = {}  # callid: entered, queue, position
    talking: dict[str, tuple[str, int, int]] = {}  # callid: agent, since, hold time
    busy: dict[str, str] = {}
    here: dict[str, int] = {}
    paused: set[str] = set()
    last = 0
    seen: Counter[str] = Counter()
    for line in events(inbox, site):
        epoch, callid, queue, agent, event = int(line[0]), *line[1:5]
        assert epoch >= last
        last = epoch
        seen[event] += 1
        if event == "ENTERQUEUE":
            assert callid not in waiting
            assert callid not in talking
            assert int(callid.split(".")[0]) < epoch
            waiting[callid] = (epoch, queue, line[7])
        elif event == "CONNECT":
            entered, entered_queue, _ = waiting.pop(callid)
            assert (queue, int(line[5])) == (entered_queue, epoch - entered)
            assert int(line[6].split(".")[0]) == epoch - int(line[7]) >= entered
            assert agent in here
            assert agent not in busy
            assert agent not in paused
            busy[agent] = callid
            talking[callid] = (agent, epoch, int(line[5]))
        elif event in LEG_ENDS:
            hold, talk = LEG_ENDS[event]
            assert talking.pop(callid) == (agent, epoch - int(line[talk]), int(line[hold]))
            assert busy.pop(agent) == callid
        elif event in VISIT_ENDS:
            entered, entered_queue, position = waiting.pop(callid)
            wait = VISIT_ENDS[event]
            assert (queue, int(line[wait])) == (entered_queue, epoch - entered)
            assert line[wait - 1] == position
            assert 1 <= int(line[wait - 2]) <= int(position)
        elif event in ("RINGNOANSWER", "RINGCANCELED"):
            rang_at = epoch - int(line[5]) // 1000
            assert rang_at >= waiting[callid][0]
            assert agent in here
            assert agent not in busy
            assert agent not in paused
        elif event in ("AGENTLOGIN", "ADDMEMBER"):
            here.setdefault(agent, epoch)
        elif event == "AGENTLOGOFF":
            assert int(line[6]) == epoch - here.pop(agent)
            assert agent not in busy
        elif event == "REMOVEMEMBER":
            here.pop(agent, None)
            assert agent not in busy
        elif event == "PAUSEALL":
            assert agent in here
            assert agent not in busy
            paused.add(agent)
        elif event == "UNPAUSEALL":
            paused.remove(agent)
    assert len(waiting) + len(talking) < 40  # only what the last midnight cut off
    logins = {"AGENTLOGIN", "AGENTLOGOFF"} if site == "riga" else {"ADDMEMBER", "REMOVEMEMBER"}
    assert set(seen) >= logins | {*LEG_ENDS, *VISIT_ENDS} | {
        "RINGNOANSWER", "RINGCANCELED", "PAUSE", "UNPAUSE", "QUEUESTART", "CONFIGRELOAD",
    }  # fmt: skip
    assert seen["BLINDTRANSFER"] > 50


@pytest.mark.parametrize("site", ZONES)
def test_lines_stand_in_the_file_of_their_local_day(
    demo: tuple[Path, SimulationSummary], site: str
) -> None:
    inbox, _ = demo
    for path in (inbox / f"asterisk_queue_log/site={site}").iterdir():
        days = {
            datetime.fromtimestamp(int(line.split("|")[0]), ZONES[site]).date()
            for line in path.read_text().splitlines()
        }
        assert days == {date.fromisoformat(path.name[-10:])}


@pytest.mark.parametrize("site", ZONES)
def test_call_records_agree_with_the_queue_log(
    demo: tuple[Path, SimulationSummary], site: str
) -> None:
    inbox, _ = demo
    visits: Counter[str] = Counter()
    ends: dict[str, list[int]] = defaultdict(list)
    for line in events(inbox, site):
        if line[4] in LEG_ENDS or line[4] in VISIT_ENDS:
            visits[line[1]] += 1
            ends[line[1]].append(int(line[0]))
    recorded: Counter[str] = Counter()
    elsewhere = 0
    midnight_crossers = 0
    for name, row in records(inbox, site):
        assert len(row) == 18
        start, end = row[9], row[11]
        assert name == f"Master-{end[:10]}.csv"
        duration, billsec = int(row[12]), int(row[13])
        assert duration >= billsec >= 0
        assert (billsec == 0) if row[14] == "NO ANSWER" else row[10]
        midnight_crossers += start[:10] != end[:10]
        if row[7] == "Queue":
            recorded[row[16]] += 1
            wall = {
                str(datetime.fromtimestamp(at, ZONES[site]).replace(tzinfo=None))
                for at in ends[row[16]]
            }
            assert end in wall
        else:
            assert row[16] not in visits
            elsewhere += 1
    assert recorded == visits
    assert elsewhere > 20
    assert (midnight_crossers > 0) == (site == "manila")


def test_the_repeated_hour_of_the_clock_change_has_two_calls_at_one_wall_clock_time(
    demo: tuple[Path, SimulationSummary],
) -> None:
    inbox, _ = demo
    entered = [
        int(line[0])
        for line in events(inbox, "riga")
        if line[4] == "ENTERQUEUE"
        and datetime.fromtimestamp(int(line[0]), ZONES["riga"]).strftime("%m-%d %H:%M")
        == "10-25 03:20"
    ]
    assert len(entered) >= 2
    assert max(entered) - min(entered) >= 3500


def test_people_files_are_consistent(demo: tuple[Path, SimulationSummary]) -> None:
    inbox, summary = demo
    employees = table(inbox / "hr_employees/employees.csv")
    ids = {row["employee_id"] for row in employees}
    assert len(ids) == summary.employees
    assert all(
        row["email"].isascii() and row["email"].endswith("@example.com") for row in employees
    )
    assert {row["currency"] for row in employees} == {"EUR", "PHP"}
    assert sum(bool(row["leave_date"]) for row in employees) == 1
    assert any(row["employment_share"] != "1" for row in employees)
    assert any(row["hire_date"] > str(summary.first_day) for row in employees)
    assignments = table(inbox / "hr_assignments/assignments.csv")
    assert {row["employee_id"] for row in assignments} == ids
    assert {row["supervisor_id"] for row in assignments} - {""} <= ids
    assert {row["role"] for row in assignments} == {"agent", "vip_agent", "team_lead", "manager"}
    identities = table(inbox / "hr_identities/identities.csv")
    for rows, key in ((assignments, ("employee_id",)), (identities, ("site", "login"))):
        spans: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
        for row in rows:
            spans[tuple(row[k] for k in key)].append((row["valid_from"], row["valid_to"] or "9999"))
        for span in spans.values():
            span.sort()
            assert all(a[0] < a[1] for a in span)
            assert all(a[1] <= b[0] for a, b in pairwise(span))
    riga, manila = (
        {row["login"] for row in identities if row["site"] == site} for site in ("riga", "manila")
    )
    assert riga & manila  # the same login is somebody else at the other site
    used = {line[3] for line in events(inbox, "riga") if line[4] == "CONNECT"}
    assert used - riga == {"Agent/1999"}


def test_schedules_cover_the_logins(demo: tuple[Path, SimulationSummary]) -> None:
    inbox, _ = demo
    rows = table(inbox / "hr_schedules/site=manila/schedules-2026-10.csv")
    keys = [(row["employee_id"], row["starts_at"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert {row["activity"] for row in rows} == {"work", "break", "meeting", "training", "leave"}
    assert any(row["ends_at"][11:] == "02:00:00" for row in rows)  # the night shift


def test_rates_are_those_of_a_call_centre(demo: tuple[Path, SimulationSummary]) -> None:
    inbox, summary = demo
    assert 0.70 <= summary.service_level <= 0.88
    assert 0.03 <= summary.abandonment_rate <= 0.09
    assert 240 <= summary.aht_seconds <= 420
    assert 0.60 <= summary.occupancy <= 0.85
    assert 0.72 <= summary.csat <= 0.88
    queued = Counter(line[4] for site in ZONES for line in events(inbox, site))
    assert queued["CONNECT"] == summary.answered
    assert queued["ABANDON"] == summary.abandoned
    surveys = [row for path in (inbox / "surveys").rglob("*.csv") for row in table(path)]
    assert len(surveys) == summary.surveys
    assert 0.09 <= len(surveys) / summary.answered <= 0.13
    known = {line[1] for site in ZONES for line in events(inbox, site) if line[4] == "CONNECT"}
    assert {row["contact_ref"] for row in surveys} <= known


def test_unresolved_calls_come_back_within_a_week(demo: tuple[Path, SimulationSummary]) -> None:
    inbox, _ = demo
    calls: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    answered: set[str] = set()
    first: dict[str, tuple[tuple[str, str, str], int]] = {}
    for site in ZONES:
        for line in events(inbox, site):
            if line[4] == "ENTERQUEUE" and line[6] != "anonymous" and line[1] not in first:
                first[line[1]] = ((site, line[6], line[2]), int(line[0]))
                calls[first[line[1]][0]].append(int(line[0]))
            elif line[4] == "CONNECT":
                answered.add(line[1])
    final = max(at for _, at in first.values()) - 7 * 86_400
    judged = [first[callid] for callid in answered if callid in first and first[callid][1] < final]
    repeated = sum(any(at < t <= at + 7 * 86_400 for t in calls[who]) for who, at in judged)
    assert 0.70 <= 1 - repeated / len(judged) <= 0.84


def test_truths_stand_beside_the_inbox(demo: tuple[Path, SimulationSummary]) -> None:
    inbox, summary = demo
    truths = json.loads((inbox.parent / "demo_truths.json").read_text(encoding="utf-8"))
    assert truths["summary"]["contacts"] == summary.contacts
    assert len(truths["agents"]) == summary.agents
