"""The report: the table, the files, and secrets that stay out of both."""

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, cast
from urllib.parse import quote

import pytest
from execnet import dumps, loads

from hadrill.diagnosis import Cause
from hadrill.drill.evidence import Record, keep_evidence
from hadrill.drill.observer import Span
from hadrill.drill.result import Result
from hadrill.drill.verdict import Phase, Verdict
from hadrill.inventory import Inventory
from hadrill.report import allure, run_folder
from hadrill.report.allure_program import BESIDE, NoAllureError
from hadrill.report.memory import remembered
from hadrill.report.outcome import DRILL, PROPERTY, Ending, Outcome
from hadrill.report.reporter import Reporter, covered
from hadrill.report.rows import DrillRow
from hadrill.report.run_folder import new_run_folder, point_latest_at
from hadrill.report.screen import Screen
from hadrill.report.secrets import Scrubber
from hadrill.report.summary import WIDTH, Summary
from hadrill.timing import Event
from hadrill.workload import FAIL, History, Operation

GOOD = Outcome("t::a", "Redis", "connectivity", Ending.PASSED, 0.1)
BAD = Outcome(
    "t::b",
    "Redis",
    "sentinel",
    Ending.UNREACHABLE,
    2.0,
    "redis-03",
    "powered off",
    "redis-03: expected \u2713, found nothing",
)


def test_the_table_counts_and_explains_in_ascii() -> None:
    text = Summary("basic", (GOOD, BAD), 60.0, {}, check_seconds=6.24).console(Screen())
    assert text.isascii()
    assert text.splitlines()[0].startswith("Redis        connectivity ok  sentinel UNREACHABLE")
    assert text.splitlines()[0].endswith("1/2")
    assert "1/2  (50%)  6.2 s" in text
    assert "redis-03: expected \\u2713, found nothing" in text


def test_causes_of_a_failed_check_are_everywhere() -> None:
    cause = Cause("quorum-too-high", "more must agree than are there", ("redis-01: 3 of 2",), "lower it").as_json()
    summary = Summary("basic", (GOOD, replace(BAD, causes=[cause])), 6.2, {})
    for text in (summary.console(Screen()), summary.markdown()):
        assert (
            text.index("quorum-too-high: more must agree") < text.index("redis-01: 3 of 2") < text.index("-> lower it")
        )
    assert json.loads(summary.json())["checks"][1]["causes"][0]["name"] == "quorum-too-high"


def test_a_check_on_many_hosts_is_one_cell_and_rows_do_not_grow_too_long() -> None:
    many = [
        Outcome(f"t::{n}[{h}]", "Hosts", f"{n}[{h}]", Ending.PASSED, 0.0)
        for n in ("engine", "swap", "sshd", "resolver", "firewall", "images")
        for h in range(19)
    ]
    lines = Summary("hosts", tuple(many), 1.0, {}).console(Screen()).splitlines()
    assert "engine 19/19" in lines[0]
    assert lines[1].endswith("114/114")
    assert all(len(line) <= WIDTH for line in lines[:2])


def test_nothing_checked_is_not_green() -> None:
    assert "0/0  (0%)" in Summary("basic", (), 1.0, {}).console(Screen())


def test_programs_get_the_same_numbers() -> None:
    content = json.loads(Summary("basic", (GOOD, BAD), 6.2, {"inventory": "lab"}).json())
    assert (content["suite"], content["passed"], content["total"]) == ("basic", 1, 2)
    assert content["modules"] == {"Redis": {"passed": 1, "total": 2}}
    assert content["checks"][1]["host"] == "redis-03"
    assert content["checks"][1]["cause"] == "powered off"


def test_runs_in_the_same_second_and_clocks_that_jump_back_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        moments = iter([0, 0, -3600])

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls(2026, 1, 1, 12, tzinfo=tz or UTC) + timedelta(seconds=next(cls.moments))

    monkeypatch.setattr(run_folder, "datetime", Clock)
    folders = [new_run_folder(tmp_path, "basic") for _ in range(3)]
    assert len({folder.name for folder in folders}) == 3
    for folder in folders:
        point_latest_at(folder)
    assert (tmp_path / "latest").resolve() == folders[2]


def test_secrets_are_replaced_longest_first() -> None:
    assert Scrubber(["abcdefgh", "abcdefghij"])("x abcdefghij abcdefgh") == "x *** ***"


AWKWARD = r"a\b<c&d>e/f%g+h\\"
"""A credential may hold anything that some form of text writes otherwise."""


@pytest.mark.parametrize(
    "form",
    [
        str,
        json.dumps,
        escape,
        quote,
        partial(quote, safe=""),
        repr,
        lambda secret: json.dumps(json.dumps({"error": secret})),
        lambda secret: json.dumps(f"<title>{escape(secret)}</title>"),
        lambda secret: escape(json.dumps(secret)),
    ],
    ids=["plain", "json", "xml", "url", "all-of-url", "repr", "json-in-json", "xml-in-json", "json-in-xml"],
)
def test_a_secret_is_found_in_every_form_that_a_file_writes_it_in(form: Callable[[str], str], tmp_path: Path) -> None:
    text, scrub = form(AWKWARD), Scrubber([AWKWARD])
    shown = form("SECRET").replace("SECRET", "***")
    assert scrub(f"x {text} y") == f"x {shown} y"
    (tmp_path / "file").write_text(f"x {text} y", "utf-8")
    scrub.files(tmp_path)
    assert (tmp_path / "file").read_text("utf-8") == f"x {shown} y"


class Nobody:
    """SSH to no host."""

    def everywhere(self, _hosts: object, _work: object) -> dict[object, object]:
        return {}

    def attempt(self, _host: object, command: str) -> None:
        raise AssertionError(command)


def test_a_drill_that_is_killed_later_left_no_secret_in_its_evidence(tmp_path: Path) -> None:
    history = History()
    history.add(Operation("k", "write new 1", 9.5, 10.5, FAIL, error=f"login with {AWKWARD} refused"))
    placed = SimpleNamespace(logs=lambda *_, **__: "", configuration=())
    record = Record(
        tmp_path,
        replace(Result("1", "redis", AWKWARD, "master", "isolate"), node=AWKWARD),
        cast(Any, SimpleNamespace(members=(), placement=lambda _: placed)),
        cast(Any, Nobody()),
        frozenset({AWKWARD}),
        ["write new 1"],
        history,
        {AWKWARD: [Span(9.0, AWKWARD, leads=False)]},
        [Event(9.0, AWKWARD, AWKWARD)],
        {"steady state": 8.0, "inject": 9.0, "heal": 10.0, "converged": 11.0},
    )
    keep_evidence(record)
    forms = (AWKWARD, json.dumps(AWKWARD)[1:-1], escape(AWKWARD))
    kept = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    assert set(kept) == {"history.jsonl", "timeline.json", "timeline.svg", "members.json"}
    assert [name for name, text in kept.items() if any(form in text for form in forms)] == []
    assert json.loads(kept["history.jsonl"])["error"] == "login with *** refused"
    assert list(json.loads(kept["members.json"])) == ["***"]


def test_a_missing_allure_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise NoAllureError("npm is not here")

    monkeypatch.setattr(allure, "allure_program", nowhere)
    page = allure.Page(tmp_path)
    page.begin("title", {})
    assert page.finish() == "no index.html: npm is not here"


def results(folder: Path) -> Path:
    """A run's folder with one result of Allure's."""
    (folder / "allure-results").mkdir(parents=True)
    result = {"uuid": "1", "name": "sentinel", "status": "passed", "start": 1, "stop": 2, "fullName": "t.py#sentinel"}
    (folder / "allure-results" / "1-result.json").write_text(json.dumps(result), "utf-8")
    return folder


@pytest.mark.skipif(not BESIDE.exists(), reason="Allure is not installed here")
def test_the_page_is_loaded_before_and_drawn_at_the_end_without_a_request(tmp_path: Path) -> None:
    page = allure.Page(results(tmp_path / "run"))
    page.begin("hadrill: basic checks", {"inventory": "lab"})
    assert page.finish() == ""
    text = (tmp_path / "run" / "index.html").read_text("utf-8")
    assert "hadrill: basic checks" in text
    assert "googletagmanager" not in text
    assert {file.name for file in (tmp_path / "run").iterdir()} == {"allure-results", "index.html"}


@pytest.mark.skipif(not BESIDE.exists(), reason="Allure is not installed here")
def test_a_run_that_ends_early_leaves_nothing_of_the_page(tmp_path: Path) -> None:
    page = allure.Page(results(tmp_path / "run"))
    page.close()
    assert {file.name for file in (tmp_path / "run").iterdir()} == {"allure-results"}
    assert "no index.html" in page.finish()


def test_what_allure_says_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allure, "MAKER", tmp_path / "nothing.mjs")
    monkeypatch.setattr(allure, "allure_program", lambda: tmp_path)
    page = allure.Page(results(tmp_path / "run"))
    page.begin("title", {})
    assert "MODULE_NOT_FOUND" in page.finish()


def test_the_checks_time_is_their_own_however_many_ran_at_once() -> None:
    assert covered([]) == 0.0
    assert covered([(10.0, 11.0), (10.5, 12.0), (10.6, 10.7), (40.0, 41.5)]) == pytest.approx(3.5)


def ended(
    node: str,
    start: float,
    stop: float,
    *properties: tuple[str, object],
    when: Literal["setup", "call", "teardown"] = "call",
) -> pytest.TestReport:
    place = (node.partition("::")[0], 1, node)
    return pytest.TestReport(node, place, {}, "passed", None, when, (), 0, start, stop, properties)


def test_a_drill_beside_the_checks_is_not_in_their_time(lab_inventory: Inventory, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    reporter = Reporter(cast("pytest.Config", None), lab_inventory, "basic", folder, lambda _: {}, page=False)
    check = (PROPERTY, {"outcome": "passed", "module": "Redis", "check": "sentinel"})
    drill = (DRILL, Result("1", "redis", "redis-01", "master", "container-kill", Verdict.PASSED).as_json())
    reporter.pytest_runtest_logreport(ended("t.py::a", 100.0, 100.5, when="setup"))
    reporter.pytest_runtest_logreport(ended("t.py::a", 100.5, 101.5, check))
    reporter.pytest_runtest_logreport(ended("t.py::drill", 102.0, 105.0, when="setup"))
    reporter.pytest_runtest_logreport(ended("t.py::drill", 105.0, 125.0, drill))
    reporter.pytest_runtest_logreport(ended("t.py::drill", 125.0, 125.5, drill, when="teardown"))
    reporter.pytest_sessionfinish(cast("pytest.Session", None))
    assert reporter.summary is not None
    assert reporter.summary.console(Screen()).splitlines()[1].endswith("1/1  (100%)  1.5 s")
    assert json.loads((folder / "summary.json").read_text("utf-8"))["check_seconds"] == 1.5


def test_the_history_beside_the_runs_holds_no_secret(lab_inventory: Inventory, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    secret = max(lab_inventory.credentials.values(), key=len)
    reporter = Reporter(cast("pytest.Config", None), lab_inventory, "failover", folder, lambda _: {}, page=False)
    result = Result("1", "redis", "redis-01", "master", "isolate", Verdict.FAILED, cause=f"refused {secret}")
    reporter.pytest_runtest_logreport(ended("t.py::drill", 105.0, 125.0, (DRILL, result.as_json())))
    reporter.pytest_sessionfinish(cast("pytest.Session", None))
    assert [row["cause"] for row in remembered(tmp_path)] == ["refused ***"]


def test_a_result_travels_from_a_worker_of_xdist() -> None:
    result = Result("1", "redis", "redis-01", "master", "container-kill", Verdict.PASSED, phases={Phase.ELECT: 1.5})
    assert loads(dumps(result.as_json())) == result.as_json()


def test_a_row_has_the_fields_of_a_drills_result() -> None:
    assert set(DrillRow.__annotations__) == {field.name for field in fields(Result)} | {"schema", "at"}


def test_colours_are_for_a_screen_that_has_them_and_change_no_word() -> None:
    summary = Summary("basic", (GOOD, BAD), 60.0, {}, check_seconds=6.24)
    plain, coloured = summary.console(Screen()), summary.console(Screen(colour=True))
    assert "\x1b[" not in plain
    assert "\x1b[32mok\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines() == plain.splitlines()
    assert "expected \u2713" in summary.console(Screen(encoding="utf-8"))


def test_cells_are_as_wide_as_what_is_shown_of_them() -> None:
    lines = Screen().table(("NAME", "B"), [("\u2713", "x"), ("[bold]word :x:", "y")])
    assert lines == ["NAME            B", "\\u2713          x", "[bold]word :x:  y"]
