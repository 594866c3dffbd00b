"""The independent counter on raw lines whose figures were worked out by hand."""

from __future__ import annotations

import gzip
from fractions import Fraction
from pathlib import Path

import pytest

from tests.independent import figures, people
from tests.independent.count import Counted, count
from tests.independent.raw import zone_named

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SITES = "site_id,time_zone\nriga,Europe/Riga\nmanila,Asia/Manila\n"
QUEUES = (
    "site_id,queue_id,reason,answer_threshold_seconds,short_abandon_seconds,service_level_variant\n"
    "*,*,,20,5,offered_base\n"
    "*,sales,buying,20,5,offered_base\n"
)
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"the third-party files are not there: {SHARED}"
)


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "sites.csv").write_text(SITES)
    (folder / "queues.csv").write_text(QUEUES)
    return folder


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def deliver(inbox: Path, name: str, *lines: str) -> None:
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(line + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def log(inbox: Path, *lines: str, site: str = "riga", name: str = "queue_log") -> None:
    deliver(inbox, f"asterisk_queue_log/site={site}/{name}", *lines)


def ids(counted: Counted) -> list[str]:
    return [contact.contact_id.rsplit("riga:")[-1] for contact in counted.contacts]


@needs_shared
def test_real_queue_log(inbox: Path, seeds: Path) -> None:
    source = SHARED / "asterisk_queue_log" / "queue_log"
    deliver(inbox, "asterisk_queue_log/queue_log", *source.read_text().split("\n"))
    counted = count(inbox, seeds)
    by_outcome = {
        outcome: [visit.wait for visit in counted.visits if visit.outcome == outcome]
        for outcome in ("abandoned", "answered", "unfinished")
    }
    assert len(counted.contacts) == len(counted.visits) == 21
    # 13+45+17+32+17+21+15+23+17+10+2+3 = 215
    assert sorted(by_outcome["abandoned"]) == [2, 3, 10, 13, 15, 17, 17, 17, 21, 23, 32, 45]
    # 1+2+36+6+84+4+5+5 = 143
    assert sorted(by_outcome["answered"]) == [1, 2, 4, 5, 5, 6, 36, 84]
    assert by_outcome["unfinished"] == [None]
    # 3+4+8+12+5+13+0 = 45, and one CONNECT without an end
    talks = [leg.talk for leg in counted.legs if leg.talk is not None]
    assert sorted(talks) == [0, 3, 4, 5, 8, 12, 13]
    assert [leg.contact_id for leg in counted.legs if leg.talk is None] == [
        "asterisk:default:1266839761.533"
    ]
    assert sum(offer.end_reason == "no_answer" for offer in counted.offers) == 221
    assert counted.unplaced == []


@needs_shared
def test_real_cdr(inbox: Path, seeds: Path) -> None:
    source = SHARED / "asterisk_cdr" / "smallcdr.csv"
    deliver(inbox, "asterisk_cdr/Master.csv", source.read_text().rstrip("\n"))
    counted = count(inbox, seeds)
    assert counted.lines["asterisk_cdr"].accepted == 45
    assert len(counted.contacts) == 37
    assert len(counted.legs) == 27
    assert sum(leg.talk or 0 for leg in counted.legs) == 7408


def test_transfer_makes_two_visits_and_two_legs(inbox: Path, seeds: Path) -> None:
    log(
        inbox,
        "1000|c1|sales|NONE|ENTERQUEUE||+371 20-000|1",
        "1004|c1|sales|bob|RINGNOANSWER|3500",
        "1010|c1|sales|ann|CONNECT|11|x.1|4",
        "1100|c1|sales|ann|BLINDTRANSFER|800|from-internal|11|88|1",
        "1101|c1|orders|NONE|ENTERQUEUE||+37120000|1",
        "1121|c1|orders|bob|CONNECT|20|x.2|2",
        "1200|c1|orders|bob|COMPLETECALLER|20|79|1",
    )
    counted = count(inbox, seeds)
    (contact,) = counted.contacts
    assert contact.customer == "37120000"
    assert contact.outcome == "answered"
    # Logged waits win: 11 (the epochs say 10) + 20 = 31; logged talks: 88 (not 90) + 79 = 167.
    assert (contact.wait, contact.talk) == (31, 167)
    assert (contact.started_at, contact.ended_at) == (1000, 1200)
    assert [(visit.number, visit.queue, visit.wait) for visit in counted.visits] == [
        (1, "sales", 11),
        (2, "orders", 20),
    ]
    assert [leg.end_reason for leg in counted.legs] == ["blind_transfer", "caller"]
    days = counted.agent_days()
    bob = days["riga", "bob", "1970-01-01"]
    # bob: one leg of 79 s; two rings, one of them not answered. It rang 3.5 s, from 1000.5.
    assert (bob.handled, bob.talk, bob.offers, bob.no_answer) == (1, 79, 2, 1)
    assert [offer.rung_at_milliseconds for offer in counted.offers] == [1000500, 1006000, 1119000]
    assert days["riga", "ann", "1970-01-01"].transferred_out == 1
    # Wait 11 and 20: both within 20 s, the threshold included.
    assert counted.company().answered_within == 2


def test_unplaced_events_are_listed_not_guessed(inbox: Path, seeds: Path) -> None:
    log(
        inbox,
        "1000|a|sales|NONE|ABANDON|1|1|5",  # no ENTERQUEUE
        "1001|b|sales|ann|COMPLETEAGENT|1|5|1",  # no CONNECT
        "1002|NONE|sales|ann|CONNECT|1|x|1",  # no call
        "1003|c|sales|NONE|ENTERQUEUE||anonymous|1",
        "1005|c|sales|ann|CONNECT|2|x|1",
        "1006|c|sales|NONE|ABANDON|1|1|3",  # after the CONNECT of its visit
        "1009|c|sales|ann|COMPLETEAGENT|2|4|1",
        "1010|c|sales|ann|COMPLETECALLER|2|4|1",  # the leg has ended
        "1010|e|sales|NONE|ENTERQUEUE||1|1",
        "1010|e|orders|NONE|ABANDON|1|1|3",  # another queue's
        "1010|e|sales|ann|CONNECT|0|x|1",
        "1011|e|sales|bob|COMPLETEAGENT|0|1|1",  # another agent's
        "1011|NONE|NONE|ann|PAUSEALL|lunch",  # no call event
        "1020|d|sales|ann|CONNECT|7|x|1",  # the agent did work: a leg, no visit
        "1030|d|sales|ann|COMPLETEAGENT|7|10|1",
    )
    counted = count(inbox, seeds)
    assert [fields[0] for fields in counted.unplaced] == [
        *("1000", "1001", "1002", "1006", "1010", "1010", "1011")
    ]
    assert ids(counted) == ["c", "e", "d"]
    assert counted.contacts[0].customer is None
    assert [(leg.contact_id[-1], leg.talk) for leg in counted.legs] == [
        ("c", 4),
        ("e", None),
        ("d", 10),
    ]
    assert [visit.outcome for visit in counted.visits] == ["answered"] * 2
    assert counted.contacts[2].wait is None


def test_ways_out_of_a_queue(inbox: Path, seeds: Path) -> None:
    log(
        inbox,
        "100|a|sales|NONE|ENTERQUEUE||1|1",
        "100|b|sales|NONE|ENTERQUEUE||2|2",
        "100|c|sales|NONE|ENTERQUEUE||3|3",
        "100|d|sales|NONE|ENTERQUEUE||4|4",
        "100|e|sales|NONE|ENTERQUEUE||5|5",
        "105|a|sales|NONE|ABANDON|1|1|5",
        "130|b|sales|NONE|EXITWITHTIMEOUT|1|2|30",
        "131|c|sales|NONE|EXITWITHKEY|9|1|3|31",
        "132|d|sales|NONE|EXITEMPTY|1|4",  # old: no wait logged, so 132-100 = 32
    )
    counted = count(inbox, seeds)
    assert [(visit.outcome, visit.wait) for visit in counted.visits] == [
        ("abandoned", 5),
        ("timed_out", 30),
        ("exited_by_key", 31),
        ("exited_empty", 32),
        ("unfinished", None),
    ]
    tally = counted.company()
    # Five entered; the unfinished one waits for its end: queued 4. 5 s is a short abandon.
    assert (tally.entered, tally.queued, tally.short_abandons) == (5, 4, 1)


def test_open_legs_and_visits_end_unfinished(inbox: Path, seeds: Path) -> None:
    log(
        inbox,
        "100|a|sales|NONE|ENTERQUEUE||1|1",
        "110|a|sales|ann|CONNECT|10|x|1",
        "120|a|sales|bob|CONNECT|0|y|1",  # ann's leg is unfinished; bob's has no visit
        "130|a|sales|NONE|ENTERQUEUE||1|1",  # bob's is unfinished too
        "140|a|sales|NONE|ENTERQUEUE||1|1",  # and so is the second visit
        "150|a|sales|NONE|ABANDON|1|1|10",
    )
    counted = count(inbox, seeds)
    assert [(leg.end_reason, leg.talk) for leg in counted.legs] == [("unfinished", None)] * 2
    assert [visit.outcome for visit in counted.visits] == ["answered", "unfinished", "abandoned"]
    (contact,) = counted.contacts
    # 10 for the first visit, unknown for the second, 10 for the third.
    assert (contact.outcome, contact.wait, contact.talk) == ("answered", 20, None)


def test_callid_used_again_after_a_day(inbox: Path, seeds: Path) -> None:
    day = 86400
    log(
        inbox,
        "1000|a|sales|NONE|ENTERQUEUE||1|1",
        "1010|a|sales|NONE|ABANDON|1|1|10",
        f"{1010 + day}|a|sales|NONE|ENTERQUEUE||1|1",  # 24 h after the last event: the same
        f"{1020 + day}|a|sales|NONE|ABANDON|1|1|10",
        f"{1021 + 2 * day}|a|sales|NONE|ENTERQUEUE||1|1",  # 24 h and a second: another
        f"{1031 + 2 * day}|a|sales|NONE|ABANDON|1|1|10",
    )
    counted = count(inbox, seeds)
    assert ids(counted) == ["a", "a:2"]
    assert [len(contact.visits) for contact in counted.contacts] == [2, 1]


def test_copies_add_nothing_but_equal_lines_of_one_file_do(inbox: Path, seeds: Path) -> None:
    ring = "101|a|sales|ann|RINGNOANSWER|1000"
    first = ["100|a|sales|NONE|ENTERQUEUE||1|1", ring, ring]
    log(inbox, *first, name="queue_log.1")
    log(inbox, ring, ring, ring, "105|a|sales|NONE|ABANDON|1|1|5", name="queue_log")
    log(inbox, *first, name="old/queue_log.1.gz")
    log(inbox, *first, site="manila")
    counted = count(inbox, seeds)
    # riga: 3 + 4 + 3 lines read; of the ring the most in one file are 3; 1 + 3 + 1 = 5 kept.
    # manila: another site, so its 3 lines are its own.
    assert sum(offer.site == "riga" for offer in counted.offers) == 3
    assert sum(offer.site == "manila" for offer in counted.offers) == 2
    lines = counted.lines["asterisk_queue_log"]
    assert (lines.read, lines.accepted, lines.duplicates) == (13, 8, 5)
    assert sorted(visit.outcome for visit in counted.visits) == ["abandoned", "unfinished"]


def test_order_is_epoch_then_the_earlier_file_then_line(inbox: Path, seeds: Path) -> None:
    # At 200 the file that starts at 100 comes first, although its name sorts last: so the CONNECT
    # finds its ENTERQUEUE. Line order alone puts 150 after 200.
    log(inbox, "200|a|sales|ann|CONNECT|0|x|0", "150|b|sales|NONE|ABANDON|1|1|50", name="a_log")
    log(inbox, "100|b|sales|NONE|ENTERQUEUE||2|1", "200|a|sales|NONE|ENTERQUEUE||1|1", name="z_log")
    counted = count(inbox, seeds)
    assert counted.unplaced == []
    assert [(visit.contact_id[-1], visit.outcome) for visit in counted.visits] == [
        ("b", "abandoned"),
        ("a", "answered"),
    ]


def test_malformed_lines_are_rejected(inbox: Path, seeds: Path) -> None:
    log(inbox, "", "garbage", "12x|a|q|NONE|ENTERQUEUE||1", "100|a|q|NONE|ENTERQUEUE||1|1", "1|a|q")
    lines = count(inbox, seeds).lines["asterisk_queue_log"]
    # The blank line is none; three do not parse.
    assert (lines.read, lines.accepted, lines.rejected) == (4, 1, 3)


def test_later_events_stay_outside(inbox: Path, seeds: Path) -> None:
    log(inbox, "100|a|sales|NONE|ENTERQUEUE||1|1", "110|a|sales|NONE|ABANDON|1|1|10")
    assert count(inbox, seeds, as_of=110).visits[0].outcome == "abandoned"
    assert count(inbox, seeds, as_of=109).visits[0].outcome == "unfinished"


def test_work_dates_are_local_across_the_change_of_clocks() -> None:
    riga = zone_named("Europe/Riga")
    # Summer time (UTC+3) ends on 2026-10-25 at 01:00 UTC; winter is UTC+2.
    # 2026-10-24 21:00:00 UTC = 25th 00:00 local; one second before is still the 24th.
    assert riga.date_of(1792875600) == "2026-10-25"
    assert riga.date_of(1792875599) == "2026-10-24"
    # The 25th has 25 hours: it ends at 22:00 UTC = 1792875600 + 25*3600 = 1792965600.
    assert riga.date_of(1792965599) == "2026-10-25"
    assert riga.date_of(1792965600) == "2026-10-26"
    # 2026-10-25 12:00 local (UTC+2) = 10:00 UTC = 1792875600 + 13*3600.
    assert riga.epoch_of("2026-10-25 12:00:00") == 1792922400
    # An offset in the text wins over the site's zone.
    assert riga.epoch_of("2026-10-25T12:00:00+00:00") == 1792929600


def test_identities_and_shifts(inbox: Path, seeds: Path) -> None:
    log(
        inbox,
        "1792875000|a|sales|NONE|ENTERQUEUE||1|1",  # 24th 23:50 in Riga
        "1792875600|a|sales|ann|CONNECT|600|x|5",  # 25th 00:00
        "1792875660|a|sales|ann|COMPLETEAGENT|600|60|1",
        "1792965600|b|sales|NONE|ENTERQUEUE||1|1",  # 26th 00:00
        "1792965601|b|sales|ann|CONNECT|1|x|1",
        "1792965611|b|sales|ann|COMPLETEAGENT|1|10|1",
    )
    deliver(
        inbox,
        "hr_identities/identities.csv",
        "site,login,employee_id,valid_from,valid_to",
        "riga,ann,E1,2026-01-01,2026-10-26",
        "riga,ann,E2,2026-10-26,",
        "manila,ann,E3,2026-01-01,",
    )
    deliver(
        inbox,
        "hr_schedules/site=riga/schedules.csv",
        "employee_id,starts_at,ends_at,activity",
        "E1,2026-10-24 18:00:00,2026-10-24 22:00:00,work",
        "E1,2026-10-24 22:00:00,2026-10-24 22:30:00,break",
        "E1,2026-10-24 22:30:00,2026-10-25 02:00:00,work",
    )
    counted = count(inbox, seeds)
    # The 25th's leg belongs to the shift that began on the 24th; E2 has no schedule.
    assert [(leg.employee, leg.work_date) for leg in counted.legs] == [
        ("E1", "2026-10-24"),
        ("E2", "2026-10-26"),
    ]
    # Visits are dated by their ENTERQUEUE; nobody's shift moves them.
    assert [visit.work_date for visit in counted.visits] == ["2026-10-24", "2026-10-26"]


def test_cdr_rows_never_make_a_second_contact(inbox: Path, seeds: Path) -> None:
    log(inbox, "100|u1|sales|NONE|ENTERQUEUE||1|1", "105|u1|sales|NONE|ABANDON|1|1|5")
    row = (
        '"","555-01","8","ctx","","SIP/9-0000000a","SIP/ann-0000000b","Queue","","{start}",'
        '"{answer}","{end}",{seconds},{bill},"{state}","DOC","{id}",""'
    )

    def written(**fields: str | int) -> str:
        times = {"start": "2026-10-31 12:00:00", "end": "2026-10-31 12:01:00", "answer": ""}
        return row.format(**{**times, "seconds": 60, "bill": 0, "state": "NO ANSWER", **fields})

    talked = {"answer": "2026-10-31 12:00:10", "bill": 50, "state": "ANSWERED"}
    deliver(
        inbox,
        "asterisk_cdr/site=riga/Master.csv",
        written(id="u1"),
        written(id="u2"),
        written(id="u2", **talked),
        written(id="u3", **talked),
        written(id="u3", **talked),  # equal rows of one file are two
    )
    counted = count(inbox, seeds)
    # u1 is the queue log's; u2 and u3 are the CDR's own, with 1 and 2 legs of 50 s.
    assert [(one.feed, one.callid, len(one.legs), one.talk) for one in counted.contacts] == [
        ("queue_log", "u1", 0, None),
        ("cdr", "u2", 1, 50),
        ("cdr", "u3", 2, 100),
    ]
    # 12:00 in Riga in winter is 10:00 UTC.
    assert counted.contacts[1].started_at == 1793440800


def test_cdr_cuts_a_leg_whose_transfer_the_log_missed(inbox: Path, seeds: Path) -> None:
    # 2026-10-31 10:00:00 UTC is 1793440800, 12:00 in Riga.
    log(
        inbox,
        "1793440800|u1|sales|NONE|ENTERQUEUE||1|1",
        "1793440810|u1|sales|ann|CONNECT|10|x.1|4",
        "1793444410|u1|sales|ann|COMPLETECALLER|10|3600|1",
        "1793440800|u2|sales|NONE|ENTERQUEUE||2|1",
        "1793440810|u2|sales|bob|CONNECT|10|x.2|4",
        "1793440870|u2|sales|bob|COMPLETECALLER|10|60|1",
    )
    row = (
        '"","5551234","8","ctx","","SIP/9-0000000a","{to}","Queue","","2026-10-31 {start}",'
        '"2026-10-31 {start}","2026-10-31 {end}",60,60,"ANSWERED","DOC","{id}",""'
    )
    deliver(
        inbox,
        "asterisk_cdr/site=riga/Master.csv",
        row.format(to="SIP/ann-0000000b", start="12:00:00", end="12:01:40", id="u1"),
        row.format(to="SIP/bob-0000000c", start="12:01:40", end="13:00:10", id="u1"),
        row.format(to="SIP/bob-0000000d", start="12:00:00", end="12:01:09", id="u2"),
    )
    counted = count(inbox, seeds)
    # ann's channel ended at 12:01:40, 90 s after her CONNECT at 12:00:10; bob's row of u2 ends a
    # second before the log's end, but nobody went on: the logged 60 s win.
    assert [leg.talk for leg in counted.legs] == [90, 60]
    assert counted.legs[0].ended_at == 1793440900


def test_repeats_of_seven_days(inbox: Path, seeds: Path) -> None:
    day = 86400
    starts = [("a", 0, "sales"), ("b", 7 * day, "sales"), ("c", 8 * day, "orders")]
    starts.append(("d", 14 * day + 1, "sales"))
    for callid, start, queue in starts:
        log(
            inbox,
            f"{start}|{callid}|{queue}|NONE|ENTERQUEUE||5550000|1",
            f"{start + 1}|{callid}|{queue}|NONE|ABANDON|1|1|1",
            name=callid,
        )
    found = count(inbox, seeds, as_of=15 * day).repeats()
    flags = [(one.is_repeat, one.has_repeat, one.is_final) for one in found.values()]
    by_contact = dict(zip((name.rsplit(":")[-1] for name in found), flags, strict=True))
    assert by_contact == {
        "a": (False, True, True),  # b follows after 7 days exactly
        "b": (True, False, True),  # d follows 7 days and a second later; c has another reason
        "c": (True, False, True),  # 8 + 7 = 15 days: just final
        "d": (True, False, False),  # follows c by 6 days
    }
    assert count(inbox, seeds).repeats(shared_above=0) == {}


def test_service_level_box() -> None:
    tally = figures.QueueTally(
        queued=1060,
        answered=1000,
        abandoned=60,
        answered_within=860,
        abandoned_within=20,
        short_abandons=10,
    )
    shares = {
        variant: round(100 * met / of, 2)
        for variant, (met, of) in figures.service_levels(tally).items()
    }
    assert shares == {
        "all_within": 83.02,  # 880/1060
        "answered_base": 86.00,  # 860/1000
        "offered_base": 81.13,  # 860/1060
        "late_abandons": 82.69,  # 860/1040
        "short_as_met": 82.08,  # 870/1060
        "short_removed": 81.90,  # 860/1050
    }


def test_wilson_and_percentiles() -> None:
    low, high = figures.wilson(4, 5) or (0, 0)
    assert (round(100 * low, 1), round(100 * high, 1)) == (37.6, 96.4)
    low, high = figures.wilson(80, 100) or (0, 0)
    assert (round(100 * low, 1), round(100 * high, 1)) == (71.1, 86.7)
    assert figures.wilson(0, 0) is None
    # Rank 0.9 x 3 = 2.7: between 30 and 40, so 37.
    assert figures.percentile([40, 10, 20, 30], Fraction(9, 10)) == 37
    assert figures.percentile([], Fraction(1, 2)) is None


def test_occupancy_counts_a_pause_of_all_queues_once(inbox: Path, seeds: Path) -> None:
    log(
        inbox,
        "1000|NONE|NONE|ann|AGENTLOGIN|SIP/1",
        "1050|a|sales|NONE|ENTERQUEUE||1|1",
        "1060|a|sales|ann|CONNECT|10|x|2",
        "1100|a|sales|ann|COMPLETEAGENT|10|40|1",
        "1200|NONE|NONE|ann|PAUSEALL|lunch",
        "1200|NONE|sales|ann|PAUSE|lunch",
        "1200|NONE|orders|ann|PAUSE|lunch",
        "1300|NONE|NONE|ann|UNPAUSEALL|",
        "1300|NONE|sales|ann|UNPAUSE|",
        "1300|NONE|orders|ann|UNPAUSE|",
        "1330|NONE|NONE|ann|PAUSEALL|wrap",
        "1350|NONE|NONE|ann|UNPAUSEALL|wrap",
        "1400|NONE|NONE|ann|AGENTLOGOFF|SIP/1|400",
        "1450|b|sales|ann|CONNECT|0|x|0",  # after her shift: handled, not staffed
        "1460|b|sales|ann|COMPLETEAGENT|0|10|1",
    )
    counted = count(inbox, seeds)
    # 400 s logged in - 40 s talk - 100 s lunch - 20 s wrap = 240 s available; occupied 40 + 20.
    assert counted.available == {("riga", "ann", None, "1970-01-01"): 240}
    assert counted.occupied == {("riga", "ann", None, "1970-01-01"): 60}


def test_spans() -> None:
    assert people.merged([(5, 9), (1, 3), (3, 4), (8, 8)]) == [(1, 4), (5, 9)]
    assert people.without([(0, 10), (20, 30)], [(2, 3), (9, 22)]) == [(0, 2), (3, 9), (22, 30)]


def test_survey_belongs_to_who_held_the_contact(inbox: Path, seeds: Path) -> None:
    log(
        inbox,
        "1000|a|sales|NONE|ENTERQUEUE||1|1",
        "1010|a|sales|ann|CONNECT|10|x|2",
        "1100|a|sales|ann|BLINDTRANSFER|8|ctx|10|90|1",
        "1101|a|sales|NONE|ENTERQUEUE||1|1",
        "1110|a|sales|bob|CONNECT|9|x|2",
        "1200|a|sales|bob|COMPLETEAGENT|9|90|1",
    )
    deliver(
        inbox,
        "hr_identities/identities.csv",
        "site,login,employee_id,valid_from,valid_to",
        "riga,ann,E1,,",
        "riga,bob,E2,,",
    )
    deliver(
        inbox,
        "surveys/site=riga/surveys.csv",
        "survey_id,contact_ref,customer_ref,answered_at,question,answer,scale_max",
        "s1,a,1,1970-01-01T00:30:00Z,csat,4,5",
        "s1,a,1,1970-01-01T00:31:00Z,csat,3,5",  # the later delivery stands
        "s2,zz,1,1970-01-01T00:30:00Z,csat,5,5",  # nobody's
    )
    found = [(one.survey_id, one.held.employee, one.is_top) for one in count(inbox, seeds).surveys]
    assert found == [("s1", "E2", False), ("s2", None, True)]
