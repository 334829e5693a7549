"""Tests of the tests: none is forgotten, or skipped in silence."""

import ast
import configparser
import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.selftest.rotation import TURNS, chosen

ROOT = Path(__file__).parents[3]
SELFTEST = ROOT / "tests" / "selftest"
LIST = """
import json, pytest

class Lister:
    def pytest_collection_finish(self, session):
        items = [(item.nodeid, {mark.name: mark.args for mark in item.iter_markers()}) for item in session.items]
        print("items", json.dumps(items, default=str))

pytest.main(["tests/selftest", "--collect-only", "-qq", "--rotation", "all", "-p", "no:cacheprovider"], [Lister()])
"""
pytestmark = pytest.mark.xdist_group("gate")  # all tests are listed once, in one worker
FOLDERS = {"kubernetes": "aside", "foreign": "aside", "lab": "stack", "sabotage": "stack"}
"""Each folder of tests on the lab, and the group of those that one worker takes in their order."""
HAS_A_REASON = {"skip": 0, "skipif": 1, "xfail": 1}
"""Marks and functions, and the place of the reason among their arguments."""


@dataclass(frozen=True)
class Listed:
    """A test, and the marks that it has with their arguments."""

    name: str
    marks: dict[str, list[str]]

    @property
    def file(self) -> Path:
        """Where it stands."""
        return ROOT / self.name.partition("::")[0]


@pytest.fixture(scope="module")
def listed() -> list[Listed]:
    """All tests, in the order in which a run of all turns takes them."""
    python = str(ROOT / ".venv" / "bin" / "python")
    done = subprocess.run([python, "-c", LIST], cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("items ")]
    return [Listed(name, marks) for name, marks in json.loads(line.removeprefix("items "))]


def test_every_file_on_the_lab_is_collected_and_needs_the_lab(listed: list[Listed]) -> None:
    folders = [folder for folder in SELFTEST.iterdir() if folder.name != "unit" and folder.is_dir()]
    files = {file for folder in folders for file in folder.glob("test_*.py")}
    assert len(files) > 15
    on_the_lab = [test for test in listed if test.file.parent.name != "unit"]
    assert {test.file for test in on_the_lab} == files
    assert [test.name for test in on_the_lab if "lab" not in test.marks] == []
    assert [test.name for test in listed if test not in on_the_lab and "lab" in test.marks] == []


def test_every_slow_case_has_one_turn_and_every_turn_one_of_each_kind(listed: list[Listed]) -> None:
    marks = {test.name: test.marks["takes_turns"] for test in listed if "takes_turns" in test.marks}
    kinds = {(*args[1:], name)[0]: args[0] for name, args in marks.items()}
    assert len(kinds) > 60
    turns = Counter(name for turn in range(1, TURNS + 1) for name in chosen(kinds, turn))
    sizes = Counter(kinds.values())
    assert set(turns) == set(kinds)
    # Of a kind with fewer cases than turns each has several, and no turn more than one.
    assert [name for name, count in turns.items() if count > 1 and sizes[kinds[name]] >= TURNS] == []
    assert all(sum(turns[name] for name in kinds if kinds[name] == kind) == TURNS for kind in sizes if sizes[kind] < 4)
    for turn in range(1, TURNS + 1):
        assert {kinds[name] for name in chosen(kinds, turn)} == set(kinds.values())
    assert not [test.name for test in listed if {"takes_turns", "only_when_asked"} <= set(test.marks)]


def test_unit_tests_come_first_and_the_search_for_secrets_last(listed: list[Listed]) -> None:
    folders = [test.file.parent.name for test in listed]
    assert "unit" not in folders[folders.index(next(name for name in folders if name != "unit")) :]
    last = [test.name for test in listed if "runs_last" in test.marks]
    assert [test.name for test in listed[-len(last) :]] == last
    # Hosts that were taken back to bare would show no secret.
    files = [test.file.name for test in listed[-len(last) :]]
    assert list(dict.fromkeys(files)) == ["test_z_secrets.py", "test_z_taken_back.py"]


def test_what_workers_do_beside_each_other_shares_no_machine(listed: list[Listed]) -> None:
    groups: dict[str, set[str]] = {}
    for test in listed:
        groups.setdefault(test.file.parent.name, set()).add(test.marks.get("xdist_group", [""])[0])
    assert not groups.pop("unit") & set(FOLDERS.values())
    assert groups == {folder: {group} for folder, group in FOLDERS.items()}


def test_what_should_fail_and_does_not_is_red() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "pytest.ini")
    assert settings.getboolean("pytest", "xfail_strict")
    assert "--strict-markers" in settings.get("pytest", "addopts")


def test_nothing_is_skipped_without_a_reason() -> None:
    files = [*(ROOT / "tests").rglob("*.py"), ROOT / "conftest.py"]
    assert [place for file in files for place in without_reason(file.read_text("utf-8"), file.name)] == []


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("pytest.skip()", True),
        ("pytest.skip('')", True),
        ("pytest.skip('no lab here')", False),
        ("@pytest.mark.skip\ndef test(): ...", True),
        ("@pytest.mark.skip(reason='no lab here')\ndef test(): ...", False),
        ("@pytest.mark.xfail\ndef test(): ...", True),
        ("@pytest.mark.skipif(True, reason=WHY)\ndef test(): ...", False),
        ("@pytest.mark.skipif(True)\ndef test(): ...", True),
        ("pytest.importorskip('redis')", True),
        ("pytest.importorskip('redis', reason='is not here')", False),
    ],
)
def test_a_skip_without_a_reason_is_found(text: str, bad: bool) -> None:
    assert bool(without_reason(text, "test.py")) is bad


def without_reason(text: str, file: str) -> list[str]:
    """Where tests are skipped, or expected to fail, and nobody says why."""
    places, excused = [], set()
    nodes = list(ast.walk(ast.parse(text)))
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _skips(node.func):
            excused.add(node.func)
            reasons = [word.value for word in node.keywords if word.arg == "reason"]
            reasons += node.args[HAS_A_REASON.get(node.func.attr, 9) :]
            if not any(not isinstance(argument, ast.Constant) or argument.value for argument in reasons):
                places.append(f"{file}:{node.lineno}")
    return places + [
        f"{file}:{node.lineno}"
        for node in nodes
        if isinstance(node, ast.Attribute) and node not in excused and _skips(node)
    ]


def _skips(node: ast.Attribute) -> bool:
    return node.attr in (*HAS_A_REASON, "importorskip") and ast.unparse(node.value) in ("pytest", "pytest.mark")
