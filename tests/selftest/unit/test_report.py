"""The report: the table, the files, and secrets that stay out of both."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from hadrill.diagnosis import Cause
from hadrill.report import allure, run_folder
from hadrill.report.outcome import Outcome
from hadrill.report.run_folder import new_run_folder, point_latest_at
from hadrill.report.secrets import Scrubber
from hadrill.report.summary import WIDTH, Summary

GOOD = Outcome("t::a", "Redis", "connectivity", "passed", 0.1)
BAD = Outcome(
    "t::b",
    "Redis",
    "sentinel",
    "unreachable",
    2.0,
    "redis-03",
    "powered off",
    "redis-03: expected \u2713, found nothing",
)


def test_the_table_counts_and_explains_in_ascii() -> None:
    text = Summary("basic", (GOOD, BAD), 6.24, {}).console()
    assert text.isascii()
    assert text.splitlines()[0].startswith("Redis        connectivity ok  sentinel UNREACHABLE")
    assert text.splitlines()[0].endswith("1/2")
    assert "1/2  (50%)  6.2 s" in text
    assert "redis-03: expected \\u2713, found nothing" in text


def test_causes_of_a_failed_check_are_everywhere() -> None:
    cause = Cause("quorum-too-high", "more must agree than are there", ("redis-01: 3 of 2",), "lower it").as_json()
    summary = Summary("basic", (GOOD, replace(BAD, causes=[cause])), 6.2, {})
    for text in (summary.console(), summary.markdown()):
        assert (
            text.index("quorum-too-high: more must agree") < text.index("redis-01: 3 of 2") < text.index("-> lower it")
        )
    assert json.loads(summary.json())["checks"][1]["causes"][0]["name"] == "quorum-too-high"


def test_a_check_on_many_hosts_is_one_cell_and_rows_do_not_grow_too_long() -> None:
    many = [
        Outcome(f"t::{n}[{h}]", "Hosts", f"{n}[{h}]", "passed", 0.0)
        for n in ("engine", "swap", "sshd", "resolver", "firewall", "images")
        for h in range(19)
    ]
    lines = Summary("hosts", tuple(many), 1.0, {}).console().splitlines()
    assert "engine 19/19" in lines[0]
    assert lines[1].endswith("114/114")
    assert all(len(line) <= WIDTH for line in lines[:2])


def test_nothing_checked_is_not_green() -> None:
    assert "0/0  (0%)" in Summary("basic", (), 1.0, {}).console()


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


def test_a_missing_allure_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allure, "HOME", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Allure is not installed" in allure.write_page(tmp_path, "title", {})
