"""The demo's files: the same every time, consistent in themselves, and like a call centre's."""

import csv
import gzip
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo import SimulationSummary, simulate

# The sites whose switchboard is an Asterisk.
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


def truths(inbox: Path) -> dict[str, Any]:
    return json.loads((inbox.parent / "demo_truths.json").read_text(encoding="utf-8"))


def feed(inbox: Path, name: str) -> list[dict[str, str]]:
    return [row for path in sorted((inbox / name).rglob("*.csv")) for row in table(path)]


def excluded_calls(inbox: Path, site: str) -> set[str]:
    """Return the callids of technicians' tests and of calls from inside."""
    return {
        line[1]
        for line in events(inbox, site)
        if line[4] == "ENTERQUEUE"
        and (line[2] == "test" or (line[6].isdigit() and len(line[6]) == 4))
    }


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
    assert seen == [(n, 21) for n in range(1, 22)]


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
    cut_off = 0
    planted = truths(inbox)["planted"]
    # Two people under one login are what this test would call impossible.
    shared = planted["shared_login"]["login"] if site == "riga" else []
    outage = datetime.fromisoformat(planted["outage"]["ends_at"]).timestamp()
    for line in events(inbox, site):
        epoch, callid, queue, agent, event = int(line[0]), *line[1:5]
        assert epoch >= last
        last = epoch
        if event == "QUEUESTART" and site == "manila" and epoch == outage:
            cut_off = len(waiting) + len(talking)
            for lost in (waiting, talking, busy, here):
                lost.clear()
            paused.clear()
        is_checked = agent not in shared and queue != "test"
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
            if is_checked:
                assert agent in here
                assert agent not in busy
                assert agent not in paused
                busy[agent] = callid
            talking[callid] = (agent, epoch, int(line[5]))
        elif event in LEG_ENDS:
            hold, talk = LEG_ENDS[event]
            assert talking.pop(callid) == (agent, epoch - int(line[talk]), int(line[hold]))
            assert not is_checked or busy.pop(agent) == callid
        elif event in VISIT_ENDS:
            entered, entered_queue, position = waiting.pop(callid)
            wait = VISIT_ENDS[event]
            assert (queue, int(line[wait])) == (entered_queue, epoch - entered)
            assert line[wait - 1] == position
            assert 1 <= int(line[wait - 2]) <= int(position)
        elif event in ("RINGNOANSWER", "RINGCANCELED"):
            rang_at = epoch - int(line[5]) // 1000
            assert rang_at >= waiting[callid][0]
            if is_checked:
                assert agent in here
                assert agent not in busy
                assert agent not in paused
        elif not is_checked:
            continue
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
    assert cut_off == (planted["outage"]["contacts_cut_off"] if site == "manila" else 0)
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
    dublin = {row["login"] for row in identities if row["site"] == "dublin"}
    assert not dublin & (riga | manila)


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
    for site in ZONES:
        excluded = excluded_calls(inbox, site)
        queued = Counter(line[4] for line in events(inbox, site) if line[1] not in excluded)
        assert excluded
        assert queued["CONNECT"] == summary.by_site[site].answered
        assert queued["ABANDON"] == summary.by_site[site].abandoned
        entered = {
            line[1]
            for line in events(inbox, site)
            if line[4] == "ENTERQUEUE" and line[1] not in excluded
        }
        assert len(entered) == summary.by_site[site].contacts
    surveys = feed(inbox, "surveys")
    assert {row["question"] for row in surveys} == {"csat", "nps", "ces", "resolved"}
    answers = [row for row in surveys if row["question"] == "csat"]
    assert len(answers) == summary.surveys
    assert 0.09 <= len(answers) / summary.answered <= 0.13


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
    known = truths(inbox)
    assert known["summary"]["contacts"] == summary.contacts
    assert len(known["agents"]) == summary.agents
    assert "knowledge_failure" not in known["planted"]  # three weeks are too short for it


def newest_records(inbox: Path) -> tuple[dict[str, dict[str, Any]], int]:
    """Return the newest version of every contact record, and how many lines there are."""
    newest: dict[str, dict[str, Any]] = {}
    lines = 0
    for path in sorted((inbox / "connect_contact_records/site=dublin").iterdir()):
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
        for line in text.decode().splitlines():
            lines += 1
            record = json.loads(line)
            known = newest.get(record["ContactId"])
            if known is None or known["LastUpdateTimestamp"] < record["LastUpdateTimestamp"]:
                newest[record["ContactId"]] = record
    return newest, lines


def test_contact_records_are_delivered_at_least_once_and_chain(
    demo: tuple[Path, SimulationSummary],
) -> None:
    inbox, summary = demo
    newest, lines = newest_records(inbox)
    assert len(newest) == summary.contact_records < lines
    chains: Counter[str] = Counter()
    methods: Counter[str] = Counter()
    for contact_id, record in newest.items():
        methods[record["InitiationMethod"]] += 1
        following = newest.get(record["NextContactId"] or "")
        if following is not None:
            assert following["PreviousContactId"] == contact_id
            assert following["InitialContactId"] == (record["InitialContactId"] or contact_id)
            chains[following["InitiationMethod"]] += 1
        agent, queue = record["Agent"], record["Queue"]
        assert record["InitiationTimestamp"] <= record["DisconnectTimestamp"]
        assert record["DisconnectTimestamp"] < record["LastUpdateTimestamp"]
        if agent and agent["ConnectedToAgentTimestamp"]:
            parts = agent["AgentInteractionDuration"] + agent["CustomerHoldDuration"]
            begin, end = (
                datetime.fromisoformat(text)
                for text in (agent["ConnectedToAgentTimestamp"], record["DisconnectTimestamp"])
            )
            assert (end - begin).total_seconds() == parts
        if queue:
            assert queue["EnqueueTimestamp"] <= queue["DequeueTimestamp"]
    assert set(chains) == {"TRANSFER", "QUEUE_TRANSFER", "CALLBACK"}
    assert set(methods) == {"INBOUND", "API", "OUTBOUND", *chains}
    dublin = summary.by_site["dublin"]
    queued = [r for r in newest.values() if r["Queue"] and r["Queue"]["Name"] != "test"]
    assert len(queued) == dublin.visits
    assert sum(r["Agent"] is not None for r in queued) == dublin.answered
    assert sum(r["Agent"] is None for r in queued) == dublin.abandoned + dublin.exited_by_key
    assert chains["CALLBACK"] == dublin.exited_by_key
    assert sum(r["PreviousContactId"] is None for r in queued) == dublin.contacts
    work = [r["Agent"] for r in queued if r["Agent"]]
    talk = sum(a["AgentInteractionDuration"] + a["CustomerHoldDuration"] for a in work)
    assert talk == dublin.talk_seconds
    assert sum(a["AfterContactWorkDuration"] for a in work) == dublin.wrap_seconds


def overlaps(legs: dict[str, list[tuple[float, float]]]) -> dict[str, int]:
    """Count the legs of each login that begin more than a second before another's end."""
    found: dict[str, int] = {}
    for login, spans in legs.items():
        spans.sort()
        latest = 0.0
        for begin, end in spans:
            if begin < latest - 1:
                found[login] = found.get(login, 0) + 1
            latest = max(latest, end)
    return found


@pytest.mark.parametrize(("agents", "days"), [(12, 7), (12, 10), (30, 14), (40, 21)])
def test_the_shared_login_is_the_only_one_whose_legs_overlap(
    tmp_path: Path, agents: int, days: int
) -> None:
    inbox = tmp_path / "inbox"
    simulate(inbox, agents=agents, days=days)
    planted = truths(inbox)["planted"]["shared_login"]
    assert len(planted["days"]) >= 2
    for site in ZONES:
        legs: dict[str, list[tuple[float, float]]] = defaultdict(list)
        talking: dict[tuple[str, str], int] = {}
        for line in events(inbox, site):
            if line[4] == "CONNECT":
                talking[line[1], line[3]] = int(line[0])
            elif line[4] in LEG_ENDS:
                legs[line[3]].append((talking.pop((line[1], line[3])), int(line[0])))
        expected = set(planted["login"]) if site == planted["site"] else set()
        found = overlaps(legs)
        assert set(found) == expected
        assert all(count > 10 for count in found.values())
        calls: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for _, row in records(inbox, site):
            if row[7] != "Queue" and row[14] == "ANSWERED":
                span = tuple(datetime.fromisoformat(text).timestamp() for text in row[10:12])
                for channel in row[5:7]:
                    if "trunk" not in channel:
                        calls[channel.rpartition("-")[0]].append((span[0], span[1]))
        assert set(overlaps(calls)) <= {f"SIP/{login[6:]}" for login in expected}
    newest, _ = newest_records(inbox)
    worked: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for record in newest.values():
        if record["Agent"] and record["Agent"]["ConnectedToAgentTimestamp"]:
            begin = datetime.fromisoformat(record["Agent"]["ConnectedToAgentTimestamp"])
            end = datetime.fromisoformat(record["DisconnectTimestamp"])
            worked[record["Agent"]["Username"]].append((begin.timestamp(), end.timestamp()))
    assert overlaps(worked) == {}


@pytest.mark.parametrize(("agents", "days"), [(12, 7), (12, 10), (30, 14)])
def test_the_outage_is_the_only_silence_among_people_at_work(
    tmp_path: Path, agents: int, days: int
) -> None:
    inbox = tmp_path / "inbox"
    simulate(inbox, agents=agents, days=days)
    outage = truths(inbox)["planted"]["outage"]
    begin, end = (datetime.fromisoformat(outage[at]).timestamp() for at in ("starts_at", "ends_at"))
    for site in ZONES:
        here: set[str] = set()
        silences: list[tuple[int, int]] = []
        last = 0
        for line in events(inbox, site):
            epoch, agent, event = int(line[0]), line[3], line[4]
            # Whoever works alone may well wait that long for a call.
            if len(here) >= 2 and epoch - last > 7200:
                silences.append((last, epoch))
            if event in ("AGENTLOGIN", "ADDMEMBER"):
                here.add(agent)
            elif event in ("AGENTLOGOFF", "REMOVEMEMBER"):
                here.discard(agent)
            elif event == "QUEUESTART":
                here.clear()  # whose shift ended meanwhile is not added again
            last = epoch
        if site == outage["site"]:
            ((since, until),) = silences
            assert since <= begin
            assert until == end
        else:
            assert silences == []


@pytest.fixture(scope="module")
def long_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven weeks, so that there is a before and an after."""
    inbox = tmp_path_factory.mktemp("long_demo") / "inbox"
    simulate(inbox, agents=24, days=49)
    return inbox


def test_a_failing_knowledge_base_shows_in_one_reason_and_two_weeks(long_demo: Path) -> None:
    planted = truths(long_demo)["planted"]["knowledge_failure"]
    calls: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for site in planted["sites"]:
        seen: set[str] = set()
        for line in events(long_demo, site):
            if line[4] == "ENTERQUEUE" and line[1] not in seen and len(line[6]) > 9:
                seen.add(line[1])
                calls[site, line[6], line[2]].append(int(line[0]))
    begin, end = (datetime.fromisoformat(planted[at]).timestamp() for at in ("from", "before"))
    last = max(max(times) for times in calls.values()) - 7 * 86_400
    rates: dict[tuple[str, bool], list[bool]] = defaultdict(list)
    for (_, number, queue), times in calls.items():
        for at, following in pairwise([*times, 10**12]):
            if at < last and number != "anonymous":
                rates[queue, begin <= at < end].append(following - at <= 7 * 86_400)
    share = {key: sum(flags) / len(flags) for key, flags in rates.items()}
    assert share["technical", True] > share["technical", False] + 0.15
    for queue in ("billing", "orders"):
        assert abs(share[queue, True] - share[queue, False]) < 0.06


def test_who_hangs_up_early_and_who_rates_leniently_stand_out(long_demo: Path) -> None:
    planted = truths(long_demo)["planted"]
    hanger = planted["early_hang_up"]
    ends: dict[str, list[tuple[bool, int]]] = defaultdict(list)
    for line in events(long_demo, hanger["site"]):
        if line[4].startswith("COMPLETE"):
            ends[line[3]].append((line[4] == "COMPLETEAGENT", int(line[6])))
    logins = {
        row["login"]
        for row in feed(long_demo, "hr_identities")
        if (row["employee_id"], row["site"]) == (hanger["employee_id"], hanger["site"])
    }
    shares = {
        login: sum(by_agent for by_agent, _ in mine) / len(mine)
        for login, mine in ends.items()
        if len(mine) > 50
    }
    talks = {login: sum(talk for _, talk in ends[login]) / len(ends[login]) for login in shares}
    for login in shares:
        assert (shares[login] > 0.8) == (login in logins)
    assert min(talks, key=lambda login: talks[login]) in logins
    points: dict[str, list[float]] = defaultdict(list)
    for row in feed(long_demo, "quality_evaluations"):
        if row["is_applicable"] == "true":
            points[row["evaluator_id"]].append(float(row["points"]))
    means = {rater: sum(mine) / len(mine) for rater, mine in points.items()}
    lenient = planted["lenient_rater"]["employee_id"]
    assert all(means[lenient] > mean + 1 for rater, mean in means.items() if rater != lenient)


def test_one_training_helps_and_one_does_not(long_demo: Path) -> None:
    planted = truths(long_demo)["planted"]
    holders = {
        (site, line[1]): line[3]
        for site in ZONES
        for line in events(long_demo, site)
        if line[4] == "CONNECT"
    }
    answers = [
        (site, row)
        for site in ZONES
        for row in feed(long_demo, f"surveys/site={site}")
        if row["question"] == "csat"
    ]
    gains: dict[str, float] = {}
    for name in ("training_that_works", "training_that_does_not"):
        course = planted[name]
        rows = [r for r in feed(long_demo, "hr_training") if r["course"] == course["course"]]
        assert {row["employee_id"] for row in rows} == set(course["employee_ids"])
        tests = [int(r["post_score"]) - int(r["pre_score"]) for r in rows if r["post_score"]]
        assert 20 < sum(tests) / len(tests) < 40
        logins = {
            (row["site"], row["login"])
            for row in feed(long_demo, "hr_identities")
            if row["employee_id"] in course["employee_ids"]
        }
        before, after = (
            [
                int(row["answer"])
                for site, row in answers
                if (site, holders[site, row["contact_ref"]]) in logins
                and (row["answered_at"][:10] > course["completed_on"]) == is_after
            ]
            for is_after in (False, True)
        )
        gains[name] = sum(after) / len(after) - sum(before) / len(before)
    assert gains["training_that_works"] > max(0.15, gains["training_that_does_not"] + 0.1), gains


def test_one_person_works_at_two_sites_but_never_on_one_day(
    demo: tuple[Path, SimulationSummary],
) -> None:
    inbox, _ = demo
    planted = truths(inbox)["planted"]["two_sites"]
    identities = feed(inbox, "hr_identities")
    days: dict[str, set[date]] = {}
    for site in ZONES:
        mine = {
            row["login"]
            for row in identities
            if (row["site"], row["employee_id"]) == (site, planted["employee_id"])
        }
        days[site] = {
            datetime.fromtimestamp(int(line[0]), ZONES["manila"]).date()
            for line in events(inbox, site)
            if line[4] == "CONNECT" and line[3] in mine
        }
    assert days["riga"] and days["manila"]
    assert not days["riga"] & days["manila"]
    assert {str(day) for day in days["riga"]} <= set(planted["days_in_riga"])


def test_who_is_absent_does_not_log_in(demo: tuple[Path, SimulationSummary]) -> None:
    inbox, _ = demo
    absences = feed(inbox, "hr_absences")
    assert {row["kind"] for row in absences} >= {"annual", "sick"}
    logins = {
        (row["site"], row["login"]): row["employee_id"]
        for row in feed(inbox, "hr_identities")
        if not row["valid_to"]
    }
    shared = truths(inbox)["planted"]["shared_login"]["login"]
    for site, zone in ZONES.items():
        came = {
            (logins.get((site, line[3])), datetime.fromtimestamp(int(line[0]), zone).date())
            for line in events(inbox, site)
            if line[4] in ("AGENTLOGIN", "ADDMEMBER") and line[3] not in shared
        }
        absent = {
            (row["employee_id"], date.fromisoformat(row["starts_at"][:10])) for row in absences
        }
        assert not came & absent


def test_opinions_name_real_contacts_and_people(demo: tuple[Path, SimulationSummary]) -> None:
    inbox, _ = demo
    contacts = {line[1] for site in ZONES for line in events(inbox, site) if line[4] == "CONNECT"}
    contacts |= set(newest_records(inbox)[0])
    people = {row["employee_id"] for row in feed(inbox, "hr_employees")}
    for name in ("surveys", "quality_evaluations", "complaints", "appeals"):
        rows = feed(inbox, name)
        assert rows
        assert {row["contact_ref"] for row in rows} - {""} <= contacts, name
    for name, key in (
        ("quality_evaluations", "employee_id"), ("quality_evaluations", "evaluator_id"),
        ("hr_reviews", "employee_id"), ("hr_training", "employee_id"), ("hr_goals", "employee_id"),
        ("hr_coaching", "coach_id"), ("hr_actions", "owner_id"), ("hr_absences", "employee_id"),
        ("hr_schedules", "employee_id"), ("appeals", "employee_id"),
    ):  # fmt: skip
        assert {row[key] for row in feed(inbox, name)} - {""} <= people, (name, key)
    for name, keys in (
        ("surveys", ("survey_id", "question")), ("quality_evaluations", ("evaluation_id", "item")),
        ("hr_reviews", ("review_id",)), ("hr_training", ("training_id",)),
        ("hr_absences", ("employee_id", "starts_at")), ("hr_coaching", ("session_id",)),
        ("complaints", ("complaint_id",)), ("hr_schedules", ("employee_id", "starts_at")),
        ("hr_identities", ("site", "login", "valid_from")),
        ("zendesk_ticket_field_history", ("ticket_id", "field_name", "updated")),
        ("zendesk_ticket_comments", ("id",)), ("zendesk_schedules", ("id", "start_time")),
    ):  # fmt: skip
        found = Counter(tuple(row[key] for key in keys) for row in feed(inbox, name))
        assert found.most_common(1)[0][1] == 1, name


def test_tickets_agree_with_their_history(demo: tuple[Path, SimulationSummary]) -> None:
    inbox, _ = demo
    newest: dict[str, dict[str, str]] = {}
    for row in sorted(feed(inbox, "zendesk_tickets"), key=lambda row: row["updated_at"]):
        newest[row["id"]] = row
    history = sorted(feed(inbox, "zendesk_ticket_field_history"), key=lambda row: row["updated"])
    status = {row["ticket_id"]: row["value"] for row in history if row["field_name"] == "status"}
    assert status == {ticket: row["status"] for ticket, row in newest.items()}
    assert set(status.values()) >= {"open", "pending", "solved", "closed", "deleted"}
    solved = Counter(row["ticket_id"] for row in history if row["value"] == "solved")
    assert max(solved.values()) >= 2
    users = {row["id"]: row for row in feed(inbox, "zendesk_users")}
    assert {row["user_id"] for row in feed(inbox, "zendesk_ticket_comments")} <= set(users)
    mails = {row["email"] for row in feed(inbox, "hr_employees")}
    workers = {row["value"] for row in history if row["field_name"] == "assignee_id"}
    assert {users[user]["email"] for user in workers} <= mails
