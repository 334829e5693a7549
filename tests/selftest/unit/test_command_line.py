"""The command line of pytest: a bare one touches nothing, and hadrill's options give way to other plugins'."""

import shutil
from pathlib import Path

import pytest

from tests.selftest.unit.projects import ROOT, pytest_on

LEAVES_A_TRACE = """
import pathlib
import pytest

@pytest.mark.service("redis")
@pytest.mark.{mark}
def test_{mark}():
    pathlib.Path("{mark}.trace").touch()
"""
TAKES_SHORT_NAMES = """
def pytest_addoption(parser):
    parser.addoption("--seed", type=int, default=1)
    parser.addoption("--node", action="store_true")
"""
BOTH_ARE_THERE = """
from hadrill.pytest_plugin.options import options_of

def test_both(pytestconfig):
    assert (pytestconfig.option.seed, pytestconfig.option.node) == (3, False)
    assert (options_of(pytestconfig).seed, options_of(pytestconfig).node) == (4, "redis-01")
    assert options_of(pytestconfig).repeat == 2
"""
FOLDERS = {"unit": "selftest/unit", "basic": "basic", "failover": "failover", "chaos": "chaos"}


@pytest.fixture
def checkout(project: Path) -> Path:
    """A project as the checkout is: its pytest.ini and conftest, and tests that leave a trace where they ran."""
    shutil.copy(ROOT / "pytest.ini", project)
    for mark, folder in FOLDERS.items():
        (project / "tests" / folder).mkdir(parents=True, exist_ok=True)
        (project / "tests" / folder / f"test_{mark}.py").write_text(LEAVES_A_TRACE.format(mark=mark))
    with (project / "pytest.ini").open("a") as ini:
        ini.write("    unit: here\n    basic: here\n")
    return project


def traces(project: Path) -> set[str]:
    """Which tests ran."""
    return {file.stem for file in project.glob("*.trace")}


def test_a_bare_pytest_runs_unit_tests_only(checkout: Path, lab: Path) -> None:
    done = pytest_on(checkout, f"--inventory={lab}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert traces(checkout) == {"unit"}


def test_without_its_pytest_ini_hadrill_runs_nothing(checkout: Path, lab: Path) -> None:
    # pytest looks for its ini above a lone DIR, which it takes for a path of tests.
    done = pytest_on(checkout, "-p", "no:hadrill", "-m", "failover", "--inventory", str(lab))
    assert done.returncode == 4
    assert "unrecognized arguments: --inventory" in done.stderr
    assert not traces(checkout)


def test_a_folder_above_the_suites_asks_for_none_of_them(checkout: Path, lab: Path) -> None:
    done = pytest_on(checkout, "tests", "--inventory", str(lab))
    assert traces(checkout) == {"unit"}
    assert "left out: a suite runs where it is asked for by its path" in done.stdout


@pytest.mark.parametrize("arguments", [("-m", "failover and not basic"), ("tests/failover",)])
def test_drills_run_where_they_are_asked_for(checkout: Path, lab: Path, arguments: tuple[str, ...]) -> None:
    done = pytest_on(checkout, *arguments, f"--inventory={lab}", "--no-page")
    assert done.returncode == 0, done.stdout + done.stderr
    assert traces(checkout) == {"failover"}


def test_short_names_give_way_to_other_plugins(project: Path, lab: Path) -> None:
    (project / "conftest.py").write_text(TAKES_SHORT_NAMES)
    (project / "tests" / "basic" / "test_both.py").write_text(BOTH_ARE_THERE)
    chosen = ("--seed", "3", "--hadrill-seed", "4", "--hadrill-node", "redis-01", "--repeat", "2")
    done = pytest_on(project, "tests/basic", *chosen, "--inventory", str(lab), "--no-page")
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadrill_changes_no_pytest_that_does_not_ask_for_it(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\naddopts = -p no:hadrill\n")
    assert "hadrill" not in pytest_on(project, "--help").stdout


@pytest.mark.parametrize(("path", "sealed"), [("tests/selftest/unit", False), ("tests/basic", True)])
def test_unit_tests_leave_the_routes_of_this_computer_alone(checkout: Path, lab: Path, path: str, sealed: bool) -> None:
    shutil.copy(ROOT / "conftest.py", checkout)
    # Without programs no route can be set: whoever tries it fails.
    done = pytest_on(checkout, path, "--inventory", str(lab), "--no-page", PATH="/nowhere")
    assert ("No such file or directory: 'ip'" in done.stdout + done.stderr) is sealed
    assert (done.returncode != 0) is sealed
