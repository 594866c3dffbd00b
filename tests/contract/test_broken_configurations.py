"""Every mistake a person can make in `seeds/` is told once, with file, line and what to do."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from dagster_project.cli import main
from dagster_project.lib import publishing
from dagster_project.lib.configuration.differences import differences
from dagster_project.lib.configuration.published import Post, Published
from dagster_project.lib.configuration.validation import validate
from dagster_project.lib.settings import Home
from tests.line import PROJECT, ops_rows, run_line

SEEDS = PROJECT / "seeds"
TODAY = date(2026, 11, 25)
BROKEN: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("broken_configurations.yml").read_text(encoding="utf-8")
)


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SEEDS, tmp_path / "seeds"))


def break_file(path: Path, change: dict[str, Any]) -> None:
    """Make one mistake in a file."""
    text = path.read_text(encoding="utf-8")
    if "replace" in change:
        old, new = change["replace"]
        assert old in text, f"{path.name} no longer has {old!r}"
        text = text.replace(old, new, 1)
    text = change.get("content", text + change.get("append", "") + "\n" * ("append" in change))
    mark = b"\xef\xbb\xbf" if change.get("mark") else b""
    path.write_bytes(mark + text.encode(change.get("encode", "utf-8")))
    if change.get("remove"):
        path.unlink()


def line_of(path: Path, change: dict[str, Any]) -> int:
    """Return the number of the line in which the mistake is to be found."""
    if change.get("at") == "":
        return 1
    wanted = change.get("at") or change.get("append") or change["replace"][1]
    content = path.read_bytes().decode(change.get("encode", "utf-8-sig"))
    find = content.rindex if "append" in change else content.index
    return content[: find(wanted.lstrip("\n"))].count("\n") + 1


@pytest.mark.parametrize("change", BROKEN, ids=lambda change: change["name"])
def test_one_mistake_is_one_message(change: dict[str, Any], seeds: Path) -> None:
    break_file(seeds / f"{change['file']}.csv", change)
    where = seeds / f"{change.get('in', change['file'])}.csv"
    published = Published(change["since"], SEEDS) if "since" in change else None

    found = [one for one in validate(seeds, TODAY, published) if not one.is_warning]

    assert len(found) == change.get("count", 1), "\n".join(map(str, found))
    mistake, message = found[0], str(found[0])
    assert (mistake.file, mistake.line) == (str(where), line_of(where, change)), message
    assert mistake.column == change.get("column", mistake.column), message
    assert message.startswith(f"{where}, line {mistake.line}"), message
    for words in change["words"]:
        assert words in message
    for part in ("Expected: ", "What to do: "):
        assert part in message


def test_there_are_at_least_thirty() -> None:
    assert len(BROKEN) >= 30
    assert len({change["name"] for change in BROKEN}) == len(BROKEN)


def test_the_seeds_that_come_with_meritline_have_no_mistake() -> None:
    assert [str(one) for one in validate(SEEDS, TODAY)] == []


def test_headers_alone_are_no_mistake(seeds: Path) -> None:
    for path in seeds.glob("*.csv"):
        if path.stem != "queues":
            path.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n")
    assert [str(one) for one in validate(seeds, TODAY)] == []


def test_five_mistakes_in_a_file_are_five_messages(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = seeds / "kpi_weights.csv"
    for old, new in (
        ("agent,employee,agent,csat,", "agent,employee,agent,csta,"),
        ("vip_agent,employee,vip_agent,aht,0.10", "vip_agent,employee,vip_agent,aht,ten"),
        ("team,team,*,csat,0.25", "team,team,*,csat,0.35"),
        (
            "department,department,*,aht,0.20,2026-01-01",
            "department,department,*,aht,0.20,1.1.2026",
        ),
        ("site,site,*,aht", "site,place,*,aht"),
    ):
        break_file(path, {"replace": [old, new]})

    assert main(["validate", "--home", str(tmp_path), "--seeds", str(seeds)]) == 2
    *lines, total = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0].removeprefix(f"{path}, ") for line in lines] == [
        "line 3, column kpi_code",
        "line 9, column weight",
        "line 12, column weight",
        "line 19, column valid_from",
        "line 26, column subject_type",
    ]
    assert total == f"5 mistakes in {seeds}."


def test_a_reason_lets_the_past_change(seeds: Path) -> None:
    new = "csat,*,*,*,*,,,0.60,0.75,0.92,120,2026-01-01,,The survey has another scale"
    break_file(
        seeds / "kpi_targets.csv",
        {"replace": ["csat,*,*,*,*,,,0.60,0.80,0.92,120,2026-01-01,,", new]},
    )
    published = Published(date(2026, 11, 1), SEEDS)
    assert [one for one in validate(seeds, TODAY, published) if not one.is_warning] == []
    # Without a publication there is no past that anybody has seen.
    assert validate(seeds, TODAY) == []


def test_a_definition_due_for_review_warns_and_lets_pass(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    break_file(
        seeds / "kpis.csv",
        {"replace": ["answered,10,quality,2027-06-30", "answered,10,quality,2026-06-30"]},
    )
    assert main(["validate", "--home", str(tmp_path), "--seeds", str(seeds)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("warning ")
    assert "the definition of csat was to be reviewed by 2026-06-30" in out


def test_people_unknown_to_hr_are_warned_of(seeds: Path) -> None:
    published = Published(
        date(2026, 11, 1), SEEDS, (Post("E1006", "agent", *[None] * 4, TODAY, None),)
    )
    warned = [one for one in validate(seeds, TODAY, published) if "HR does not know" in one.problem]
    assert [(one.file, one.column, one.is_warning) for one in warned] == [
        (str(seeds / "pay_holds.csv"), "employee_id", True)
    ]


def test_columns_beyond_the_contract_need_not_be_there(seeds: Path) -> None:
    for name, columns in {
        "kpis": ("aggregation", "interval_method", "lowest_subject"),
        "kpi_weights": ("measured_on", "retroactive_reason"),
    }.items():
        path = seeds / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = [{**row} for row in csv.DictReader(file)]
        kept = [column for column in rows[0] if column not in columns]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, kept, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    # What cannot be known without them is told as any other mistake.
    assert {one.column for one in validate(seeds, TODAY)} <= {"kpi_code"}


def test_columns_of_others_may_stand_beside(seeds: Path) -> None:
    path = seeds / "retention.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{lines[0]},remark", *(f"{line},ok" for line in lines[1:])]) + "\n")
    found = validate(seeds, TODAY)
    assert [(one.is_warning, one.line, one.column) for one in found] == [(True, 1, "remark")]


PEOPLE = tuple(
    Post(f"E{number}", role, team, "Care", site, "in_house", date(2026, 1, 1), None)
    for number, (role, team, site) in enumerate(
        [("agent", "North", "riga")] * 3
        + [("agent", "Bay", "manila"), ("vip_agent", "Bay", "manila")]
    )
)


@pytest.mark.parametrize(
    ("file", "change", "sentences"),
    [
        (
            "kpi_weights",
            {
                "replace": [
                    "agent,employee,agent,csat,0.25,2026-01-01,,,",
                    "agent,employee,agent,csat,0.25,2026-01-01,2026-12-01,,\n"
                    "agent,employee,agent,csat,0.30,2026-12-01,,,",
                ]
            },
            [
                "From 2026-12-01 customer satisfaction weighs 0.30 instead of 0.25 for agents "
                "(scheme agent): 4 people."
            ],
        ),
        (
            "kpi_weights",
            {
                "replace": [
                    "team,team,*,csat,0.25,2026-01-01,",
                    "team,team,*,csat,0.25,2026-01-01,2027-01-01",
                ]
            },
            [
                "From 2027-01-01 customer satisfaction no longer counts for every team "
                "(scheme team) (weight 0.25): 2 teams."
            ],
        ),
        (
            "kpi_targets",
            {"append": "csat,*,agent,manila,*,,,0.5,0.7,0.9,120,2027-01-01,2027-04-01,"},
            [
                "From 2027-01-01 until 2027-04-01 the target of customer satisfaction is new for "
                "agents at manila (floor 0.5, target 0.7, stretch 0.9, cap 120): 1 person."
            ],
        ),
        (
            "awards",
            {
                "replace": [
                    "vip_agent,month,score,1,0.8,100,EUR",
                    "vip_agent,month,score,2,0.8,150,EUR",
                ]
            },
            [
                "From the next run on the award vip_agent_of_the_month has winners 2 instead of 1 "
                "and is worth 150 instead of 100 for vip agents paid in EUR: 1 person."
            ],
        ),
        # Another way to write the same is no change.
        (
            "kpi_weights",
            {
                "replace": [
                    "agent,employee,agent,csat,0.25,2026-01-01,,,",
                    "agent,employee,agent,csat,0.250,2026-01-01,2026-06-01,,\n"
                    "agent,employee,agent,csat,0.25,2026-06-01,,,",
                ]
            },
            [],
        ),
    ],
)
def test_changes_are_told_in_words(
    file: str, change: dict[str, Any], sentences: list[str], seeds: Path
) -> None:
    break_file(seeds / f"{file}.csv", change)
    assert differences(seeds, Published(date(2026, 11, 1), SEEDS, PEOPLE)) == sentences


def test_the_terminal_tells_changes_since_the_publication(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path / "home")
    arguments = ["config", "diff", "--home", str(home.root), "--seeds", str(seeds)]
    assert main(arguments) == 0
    assert "nothing to compare with" in capsys.readouterr().out

    # A publication of nobody, as far as comparing needs one.
    home.build.mkdir(parents=True)
    for name in publishing.DATABASES:
        with duckdb.connect(str(home.build / f"{name}.duckdb")) as connection:
            connection.execute("create schema if not exists marts")
            connection.execute(
                f"create table {name}.marts.dim_employee (employee_id text, role text, team text, "
                "department text, site_id text, vendor text, valid_from date, valid_to date)"
            )
    publishing.keep_seeds(home, seeds)
    publishing.publish(home, "first", {"as_of": "2026-11-01 00:00:00"})
    assert main(arguments) == 0
    assert capsys.readouterr().out == "Nothing changed since the publication of 2026-11-01.\n"

    path = seeds / "tier_rules.csv"
    break_file(
        path, {"replace": ["high,102,100,1,2026-01-01,", "high,102,100,1,2026-01-01,2027-01-01"]}
    )
    break_file(path, {"append": "*,high,104,101,1,2027-01-01,"})
    assert main(arguments) == 0
    assert capsys.readouterr().out == (
        "From 2027-01-01 the tier high is entered at 104 instead of 102 and is left below 101 "
        "instead of 100 for everybody: nobody at present.\n"
    )
    break_file(path, {"replace": ["high,104", "high,many"]})
    assert main(arguments) == 2
    assert f"{path}, line 5, column entry_score: 'many'" in capsys.readouterr().out


def test_a_run_stops_before_anything_else(seeds: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "inbox").mkdir(parents=True)
    break_file(seeds / "sites.csv", {"encode": "gbk"})
    break_file(seeds / "tier_rules.csv", {"replace": ["high,102,100", "high,102,103"]})

    for command in ("validate", "run"):
        done = run_line(home, "--seeds", str(seeds), command=command)
        assert done.returncode == 2, done.stdout + done.stderr
        assert f"{seeds / 'sites.csv'}, line 2: " in done.stdout
        assert f"{seeds / 'tier_rules.csv'}, line 2, column exit_score: " in done.stdout
    assert ops_rows(home, "select outcome from marts.runs") == [("wrong seeds",)]
    found = ops_rows(home, "select check_name, subject from marts.quality_results order by 2")
    assert found == [
        ("configuration", f"{seeds / 'sites.csv'}, line 2"),
        ("configuration", f"{seeds / 'tier_rules.csv'}, line 2, column exit_score"),
    ]
    assert not (home / "serving" / "marts.duckdb").exists()


def test_dagster_judges_the_configuration_first(
    seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    from dagster_project.defs.configuration.assets import CONFIGURATION_KEY, configuration
    from dagster_project.defs.landing.assets import raw_feeds
    from dagster_project.defs.line import LineResource

    assert all(CONFIGURATION_KEY in feed.dependency_keys for feed in raw_feeds)
    monkeypatch.setenv("MERITLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MERITLINE_SEEDS", str(seeds))
    line = {"line": LineResource()}
    assert dg.materialize([configuration], resources=line).success

    break_file(seeds / "tier_rules.csv", {"replace": ["high,102,100", "high,102,103"]})
    assert not dg.materialize([configuration], resources=line, raise_on_error=False).success
    outcomes = ops_rows(tmp_path / "home", "select outcome from marts.runs order by finished_at")
    assert outcomes[-1] == ("wrong seeds",)
