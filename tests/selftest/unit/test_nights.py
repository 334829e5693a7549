"""What outlives a chaos run: its page, what got worse, and the report of a run that was killed."""

import json
import os
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest

from hadrill.chaos import draw
from hadrill.chaos.rounds import RoundsOf
from hadrill.diagnosis import Cause
from hadrill.drill.result import Result
from hadrill.drill.session import Session
from hadrill.drill.verdict import Verdict
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.report.chaos_page import write_chaos_page
from hadrill.report.memory import HISTORY, HistoryError, remember, remembered
from hadrill.report.regression import regressions
from hadrill.report.rows import DrillRow
from hadrill.report.salvage import NOTE, RUNNER, salvage, sign

NIGHT = 1_700_000_000.0


def row(number: int, outage: float | None = 1.0, verdict: str = "passed", **known: Any) -> DrillRow:
    result = Result(
        f"id{number}", "redis", "redis-01", "master", "container-kill", Verdict(verdict), outage_s=outage, budget_s=10.0
    )
    result.round, result.began, result.wall_s = number, NIGHT + 20 * number, 15.0
    return cast("DrillRow", {**result.as_json(), **known})


class Page(HTMLParser):
    """What a page would fetch, what it shows, and whether every element ends."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name == "src" or (name == "href" and tag != "a")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_says_the_verdict_first_and_fetches_nothing(tmp_path: Path) -> None:
    cause = Cause("quorum-too-high", "more must agree", ("redis-01: 3 of 2",), "lower it").as_json()
    rows = [
        row(1, faults=2),
        row(2, 12.0, "failed", faults=1, cause="<b>12.0 s</b> without success", causes=[cause]),
        row(3, None, "unavailable"),
    ]
    worse = regressions([row(n, 1.0 + n / 100) for n in range(9)], [row(n, 5.0 + n / 100) for n in range(9)])
    page = Page(write_chaos_page(tmp_path, rows, worse, {"inventory": "lab"}, 60.0).read_text("utf-8"))
    assert page.open == []
    assert page.fetched == []
    words = " ".join(page.words.split())
    assert words.index("Chaos: failed") < words.index("median outage 1.04 s -> 5.04 s") < words.index("<b>12.0 s</b>")
    assert "3 rounds, 3 faults in 1.0 min" in words
    assert "quorum-too-high: more must agree" in words
    assert f"pytest tests/chaos --replay {tmp_path}/schedule.json --only 2" in words


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [([], "inconclusive"), (["passed", "unavailable"], "passed"), (["passed", "inconclusive"], "inconclusive")],
)
def test_what_was_not_judged_is_not_green(verdicts: list[str], text: str, tmp_path: Path) -> None:
    rows = [row(n, verdict=verdict) for n, verdict in enumerate(verdicts)]
    assert f"<title>hadrill: chaos {text}</title>" in write_chaos_page(tmp_path, rows, [], {}, 1.0).read_text("utf-8")


def test_what_got_worse_is_named_with_its_chance() -> None:
    before = [row(n, 6.0 + n / 10) for n in range(8)]
    assert regressions(before, before) == []
    slower = regressions(before, [row(n, 8.0 + n / 10) for n in range(8)])
    assert [(regression.drill, regression.what, regression.before, regression.now) for regression in slower] == [
        ("redis/master/container-kill", "median outage", "6.35 s", "8.35 s")
    ]
    flaky = regressions(
        [row(n) for n in range(20)], [row(n, verdict="failed" if n % 2 else "passed") for n in range(8)]
    )
    assert [(regression.what, regression.before, regression.now) for regression in flaky] == [
        ("passed", "20/20", "4/8")
    ]
    assert regressions(before, [row(n, 60.0) for n in range(4)]) == []
    # Every outage is a second longer, and that is nothing beside how much they differ anyway.
    assert regressions([row(n, 4.0 * n) for n in range(6)], [row(n, 4.0 * n + 1) for n in range(6)]) == []


def killed_run(reports: Path) -> Path:
    folder = reports / "2026-11-21T03-00-00-chaos"
    for number in (1, 2):
        kept = folder / "drills" / f"{number:04}-redis"
        kept.mkdir(parents=True)
        (kept / "result.json").write_text(json.dumps(row(number)), "utf-8")
    return folder


def test_the_report_of_a_killed_run_is_written_by_the_next(tmp_path: Path) -> None:
    folder = killed_run(tmp_path)
    (folder / RUNNER).write_text(f"{os.getpid()} 1", "utf-8")
    assert list(salvage(tmp_path, [])) == [folder]
    assert NOTE in (folder / "chaos.html").read_text("utf-8")
    assert [row["round"] for row in json.loads((folder / "summary.json").read_text("utf-8"))["drills"]] == [1, 2]
    assert [row["round"] for row in remembered(tmp_path)] == [1, 2]
    assert list(salvage(tmp_path, [])) == []


SECRET = r"very\secret<1234>"


def test_the_report_of_a_killed_run_holds_no_secret_and_leaves_none(tmp_path: Path) -> None:
    folder = killed_run(tmp_path)
    (folder / RUNNER).write_text(f"{os.getpid()} 1", "utf-8")
    told = row(3, cause=f"refused {SECRET}")
    (folder / "drills" / "0002-redis" / "result.json").write_text(json.dumps(told), "utf-8")
    (folder / "drills" / "0002-redis" / "history.jsonl").write_text(json.dumps({"error": SECRET}), "utf-8")
    assert list(salvage(tmp_path, [SECRET])) == [folder]
    assert [row["cause"] for row in remembered(tmp_path)] == ["", "refused ***"]
    texts = {str(file): file.read_text("utf-8") for file in tmp_path.rglob("*") if file.is_file()}
    forms = (SECRET, json.dumps(SECRET)[1:-1], escape(SECRET))
    assert [name for name, text in texts.items() if any(form in text for form in forms)] == []


def test_a_run_that_was_killed_in_its_first_round_has_a_report_too_and_it_is_not_green(tmp_path: Path) -> None:
    folder = tmp_path / "2026-11-21T03-00-00-chaos"
    folder.mkdir()
    (folder / RUNNER).write_text(f"{os.getpid()} 1", "utf-8")
    assert list(salvage(tmp_path, [])) == [folder]
    page = (folder / "chaos.html").read_text("utf-8")
    assert "<title>hadrill: chaos inconclusive</title>" in page
    assert f"{NOTE}; no round had ended" in page
    assert json.loads((folder / "summary.json").read_text("utf-8"))["drills"] == []
    assert list(salvage(tmp_path, [])) == []


def test_the_report_of_a_run_that_lives_is_its_own(tmp_path: Path) -> None:
    sign(killed_run(tmp_path))
    assert list(salvage(tmp_path, [])) == []


def test_half_a_line_of_a_killed_run_spoils_no_other(tmp_path: Path) -> None:
    remember(tmp_path, [row(1)])
    with (tmp_path / HISTORY).open("a", encoding="utf-8") as out:
        out.write('{"outage')
    remember(tmp_path, [row(2), row(3)])
    assert [row["round"] for row in remembered(tmp_path)] == [1, 2, 3]
    assert (tmp_path / HISTORY).read_text("utf-8").count("\n") == 4


def test_what_a_newer_hadrill_wrote_is_told(tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_text('{"outage_s": 1.0}\n{"schema": 2}\n', "utf-8")
    with pytest.raises(HistoryError, match=r"history.jsonl, line 2: this hadrill knows schema 1"):
        remembered(tmp_path)


def test_what_passed_is_kept_while_there_is_room_and_what_failed_always(
    lab_inventory: Inventory, tmp_path: Path
) -> None:
    chaos = lab_inventory.settings.chaos.model_copy(update={"evidence_mib": 1})
    small = replace(lab_inventory, settings=lab_inventory.settings.model_copy(update={"chaos": chaos}))
    session = Session(small, cast("Remote", None), tmp_path / "run" / "drills")
    rounds = RoundsOf(session, draw(1, 60.0, small, ["redis"]), "redis", 2, lambda *_: None)

    def judged(name: str, *problems: str) -> Result:
        result = Result(name, "redis", "redis-01", "master", "calm", Verdict.PASSED, folder="x", evidence=["log"])
        folder = session.folder / name
        folder.mkdir(parents=True)
        (folder / "log").write_text("x" * (1 << 20), "utf-8")
        rounds.judge(folder, result, list(problems))
        return result

    assert (judged("1").evidence, judged("2").evidence) == (["log"], [])
    left_out = judged("3")
    assert left_out.notes == ["its evidence is left out: the run has its 1 MiB (chaos.evidence_mib)"]
    assert [file.name for file in (session.folder / "3").iterdir()] == ["result.json"]
    failed = judged("4", "", "redis-01: memory of redis grew from 10 to 100 MiB")
    assert (failed.verdict, failed.evidence) == ("failed", ["log"])
    assert failed.cause == "redis-01: memory of redis grew from 10 to 100 MiB"
