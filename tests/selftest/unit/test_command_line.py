"""The command line of pytest: a bare one touches nothing, and hadrill's options give way to other plugins'."""

import shutil
from pathlib import Path

import pytest

from hadrill.pytest_plugin.early import with_values
from hadrill.pytest_plugin.options import GROUPS
from tests.selftest.unit.projects import ROOT, installed, pytest_on

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


def test_a_bare_pytest_runs_unit_tests_only(checkout: Path, quiet: Path) -> None:
    done = pytest_on(checkout, f"--inventory={quiet}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert traces(checkout) == {"unit"}


@pytest.mark.parametrize(
    ("option", "where"),
    [
        ("--inventory", "outside"),
        ("--hadrill-inventory", "outside"),
        ("--inventory", "in another project"),
        ("--inventory", "in the project"),
    ],
)
def test_a_value_is_no_path_of_tests(checkout: Path, quiet: Path, tmp_path: Path, option: str, where: str) -> None:
    if where == "in another project":
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p hadrill.plugin\n")
    elif where == "in the project":
        quiet = quiet.rename(checkout / "lab")
    place = tmp_path / "installed"
    place.mkdir()
    chosen = ("-m", "failover", option, str(quiet), "--no-page", "--reports", str(place))
    done = pytest_on(checkout, *chosen, PYTHONPATH=installed(place))
    assert done.returncode == 0, done.stdout + done.stderr
    assert traces(checkout) == {"failover"}
    assert done.stdout.count("test session starts") == 1
    assert f"rootdir: {checkout}\n" in done.stdout


def test_every_option_with_a_value_is_joined_with_it_and_no_other() -> None:
    valued = {f"--{name}" for options in GROUPS.values() for name, how in options.items() if "metavar" in how}
    assert {"--inventory", "--replay", "--consent", "--node"} <= valued
    for option in valued:
        assert with_values(["-q", option, "x", "tests"]) == ["-q", f"{option}=x", "tests"]
        own = option.replace("--", "--hadrill-")
        after = [f"{option}=y", "--", option, "z"]
        assert with_values([own, "x", *after]) == [f"{own}=x", *after]
        assert with_values([option]) == [option], "pytest says that its value is missing"
    for other in ("--plan", "--hadrill-force", "--rootdir", "-m"):
        assert with_values([other, "x"]) == [other, "x"]


def test_a_pytest_that_does_not_ask_for_hadrill_is_left_alone(project: Path, quiet: Path, tmp_path: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "conftest.py").write_text("def pytest_addoption(parser):\n    parser.addoption('--inventory')\n")
    (tmp_path / "installed").mkdir()
    there = installed(tmp_path / "installed")
    done = pytest_on(project, "--inventory", str(quiet), PYTHONPATH=there)
    assert done.returncode == 4, done.stdout
    assert "unrecognized arguments: --inventory" in done.stderr, "pytest's own way with such options"
    assert "hadrill" not in pytest_on(project, "--help", PYTHONPATH=there).stdout


def test_a_folder_above_the_suites_asks_for_none_of_them(checkout: Path, quiet: Path) -> None:
    done = pytest_on(checkout, "tests", "--inventory", str(quiet))
    assert traces(checkout) == {"unit"}
    assert "left out: a suite runs where it is asked for by its path" in done.stdout


@pytest.mark.parametrize("arguments", [("-m", "failover and not basic"), ("tests/failover",)])
def test_drills_run_where_they_are_asked_for(checkout: Path, quiet: Path, arguments: tuple[str, ...]) -> None:
    done = pytest_on(checkout, *arguments, f"--inventory={quiet}", "--no-page")
    assert done.returncode == 0, done.stdout + done.stderr
    assert traces(checkout) == {"failover"}


def test_short_names_give_way_to_other_plugins(project: Path, quiet: Path) -> None:
    (project / "conftest.py").write_text(TAKES_SHORT_NAMES)
    (project / "tests" / "basic" / "test_both.py").write_text(BOTH_ARE_THERE)
    chosen = ("--seed", "3", "--hadrill-seed", "4", "--hadrill-node", "redis-01", "--repeat", "2")
    done = pytest_on(project, "tests/basic", *chosen, "--inventory", str(quiet), "--no-page")
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadrill_changes_no_pytest_that_does_not_ask_for_it(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\naddopts = -p no:hadrill\n")
    assert "hadrill" not in pytest_on(project, "--help").stdout


@pytest.mark.parametrize(("path", "sealed"), [("tests/selftest/unit", False), ("tests/basic", True)])
def test_unit_tests_leave_the_routes_of_this_computer_alone(
    checkout: Path, quiet: Path, path: str, sealed: bool
) -> None:
    shutil.copy(ROOT / "conftest.py", checkout)
    # Without programs no route can be set: whoever tries it fails.
    done = pytest_on(checkout, path, "--inventory", str(quiet), "--no-page", PATH="/nowhere")
    assert ("No such file or directory: 'ip'" in done.stdout + done.stderr) is sealed
    assert (done.returncode != 0) is sealed
