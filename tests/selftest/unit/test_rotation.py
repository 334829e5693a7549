"""Slow cases take turns: none is forgotten, and a commit's turn is the same everywhere."""

import subprocess
from pathlib import Path

import pytest

from tests.selftest.rotation import TURNS, chosen, turn_from, turn_of
from tests.selftest.unit.projects import ROOT, pytest_on
from tests.selftest.unit.properties import given, settings, st

ALL = range(1, TURNS + 1)
KINDS = st.dictionaries(st.integers(0, 999).map(str), st.sampled_from(["redis", "minio", "stories"]), max_size=40)


@settings(max_examples=60)
@given(kinds=KINDS)
def test_each_case_has_a_turn_and_each_kind_is_in_every_one(kinds: dict[str, str]) -> None:
    turns = [chosen(kinds, turn) for turn in ALL]
    assert set().union(*turns) == set(kinds)
    for taken in turns:
        assert {kinds[case] for case in taken} == set(kinds.values())


@settings(max_examples=60)
@given(kinds=KINDS)
def test_a_case_of_a_kind_with_enough_cases_has_one_turn_only(kinds: dict[str, str]) -> None:
    cases = list(kinds.values())
    for case, kind in kinds.items():
        if cases.count(kind) >= TURNS:
            assert sum(case in chosen(kinds, turn) for turn in ALL) == 1


def test_turns_are_about_as_long_as_each_other() -> None:
    kinds = {f"{kind} {number}": kind for kind, many in (("a", 5), ("b", 5), ("c", 5)) for number in range(many)}
    assert sorted(len(chosen(kinds, turn)) for turn in ALL) == [3, 4, 4, 4]


def test_without_a_turn_all_cases_are_taken() -> None:
    assert chosen({"one": "a", "two": "b"}, None) == {"one", "two"}


def test_every_turn_comes_about() -> None:
    assert {turn_of(f"{number:040x}") for number in range(64)} == set(ALL)


def git(folder: Path, *arguments: str) -> str:
    person = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *person, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of git with two commits."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q")
    for name in ("first", "second"):
        (folder / name).write_text(name)
        git(folder, "add", name)
        git(folder, "commit", "-q", "-m", name)
    return folder


def test_a_shallow_clone_takes_the_same_turn(checkout: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{checkout}", "shallow")
    assert git(tmp_path / "shallow", "rev-list", "--count", "HEAD") == "1"
    assert turn_from("", tmp_path / "shallow") == turn_from("", checkout)


def test_it_is_said_which_turn_was_taken_and_why(checkout: Path, tmp_path: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    number = int(commit, 16) % TURNS + 1
    assert str(turn_from("", checkout)) == f"slow cases: turn {number} of {TURNS}, that of commit {commit[:12]}"
    (checkout / "second").write_text("changed")
    assert str(turn_from("", checkout)).endswith(f"of commit {commit[:12]} and changes that are not committed")
    (tmp_path / "bare").mkdir()
    assert str(turn_from("", tmp_path / "bare")) == "slow cases: turn 1 of 4, the first: git names no commit here"
    assert str(turn_from("2", checkout)) == "slow cases: turn 2 of 4, as --rotation says"
    assert str(turn_from("all", checkout)) == "slow cases: every turn, as --rotation says"


@pytest.mark.parametrize(("named", "collected"), [("tests", False), (".", False), ("tests/selftest", True)])
def test_what_empties_the_lab_is_taken_only_where_these_tests_are_named(named: str, collected: bool) -> None:
    done = pytest_on(ROOT, named, "--collect-only", "-q", "--ignore=tests/selftest/unit", "-k", "selftest")
    assert ("tests/selftest/lab/" in done.stdout) == collected, done.stdout[-2000:]
    assert "error" not in done.stdout.lower(), done.stdout[-2000:]
