"""A prepared interpreter's run of pytest is the program's: what it says, how it ends, what it leaves behind."""

import json
import os
import re
import subprocess
from pathlib import Path

from tests.selftest.unit.prepared import BIN
from tests.selftest.unit.projects import WITHOUT_HYPOTHESIS, pytest_on

SHOWS = """
import os
import sys
import pytest

def test_it_is_as_the_program_begins():
    print(sys.argv, sys.path, os.getcwd(), sorted(os.environ))
    pytest.fail("a failure shows what was printed")

def test_it_loads_nothing_of_the_tests_own():
    assert not [name for name in sys.modules if name.startswith("tests")]

@pytest.mark.skip(reason="is said")
def test_is_left_out():
    pass
"""
CHANGES = r"\d{4}-\d\d-\d\dT[-\d]+\w*|[\d.]+ s\b|[\d.]+s\b"
"""Times."""


def left(folder: Path) -> set[str]:
    """Files that a run left, and what its summary says."""
    (summary,) = (folder / "reports").glob("2*/summary.json")
    checks = json.loads(summary.read_text("utf-8"))["checks"]
    files = {file.name for file in summary.parent.iterdir()}
    return files | {f"{check['id']} {check['outcome']}" for check in checks}


def test_it_is_told_from_the_program_by_nothing(project: Path, quiet: Path) -> None:
    (project / "tests" / "basic" / "test_shows.py").write_text(SHOWS)
    arguments = ("tests/basic", "--no-page", "-rA", "--inventory", str(quiet))
    prepared = pytest_on(project, *arguments, PYTHONPATH=os.environ.get("PYTHONPATH", ""))
    seen = left(project)
    (project / "reports").rename(project / "before")
    command = [str(BIN / "pytest"), *WITHOUT_HYPOTHESIS, *arguments]
    environment = {"PYTHONPATH": "", **os.environ, "NO_COLOR": "1"}
    plain = subprocess.run(
        command, cwd=project, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (prepared.args, prepared.returncode) == (plain.args, plain.returncode) == (command, 1)
    for said, expected in ((prepared.stdout, plain.stdout), (prepared.stderr, plain.stderr)):
        assert re.sub(CHANGES, "", said) == re.sub(CHANGES, "", expected)
    assert seen == left(project)
