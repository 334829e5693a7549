"""A service of another package is found by its entry point; docs/writing-a-service.md is that package."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.selftest.foreign.echo_package import ROOT, SOURCE, install, write_inventory

pytestmark = pytest.mark.xdist_group("foreign")  # the package is built and installed once, in one worker
BIN = ROOT / ".venv" / "bin"
Run = Callable[..., str]


def test_the_documentation_is_the_example() -> None:
    text = (ROOT / "docs" / "writing-a-service.md").read_text("utf-8")
    shown = dict(re.findall(r"^`([\w/.]+)`: [^\n]+\n\n```(?:python|toml)\n(.*?)```$", text, re.S | re.M))
    files = {str(file.relative_to(SOURCE)): file.read_text("utf-8") for file in SOURCE.rglob("*.*") if is_shown(file)}
    assert shown.keys() == files.keys()
    for name, content in files.items():
        assert shown[name] == content, name


def is_shown(file: Path) -> bool:
    """All but what only says that a folder is a package."""
    return file.name == "pyproject.toml" or (file.suffix == ".py" and file.name != "__init__.py")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command where the package is installed, on an inventory of its hosts; returns what it said."""
    folder = tmp_path_factory.mktemp("echo")
    environment = install(folder)
    inventory = write_inventory(folder / "inventory")

    def call(*command: str, status: int = 0) -> str:
        program = [str(BIN / command[0]), *(part.replace("INVENTORY", str(inventory)) for part in command[1:])]
        done = subprocess.run(
            program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


def test_its_role_its_image_and_its_size_are_checked(run: Run) -> None:
    summary = run("hadrill", "inventory", "check", "--inventory", "INVENTORY")
    assert re.search(r"^echo\s+echo\s+2\s+echo-01 198.18.0.180, echo-02 198.18.0.181", summary, re.M), summary


def test_it_has_a_task_a_budget_and_a_diagnosis(run: Run) -> None:
    assert "Module 10: two members that say what they hear." in run("fab", "-l")
    assert "echo" in run("hadrill", "diagnose", "--help")
    assert "echo" in run("hadrill", "budget", "--help")


def test_its_checks_and_its_drills_belong_to_the_suites(run: Run) -> None:
    listed = run("pytest", "tests/basic", "--collect-only", "-q", "--inventory=INVENTORY")
    assert "test_echo.py::test_faithful" in listed
    planned = run("pytest", "-m", "failover", "--collect-only", "-q", "--inventory=INVENTORY")
    assert "test_echo.py::test_drill" in planned


def test_a_service_that_is_not_installed_is_unknown(tmp_path: Path) -> None:
    inventory = write_inventory(tmp_path / "inventory")
    command = [str(BIN / "hadrill"), "inventory", "check", "--inventory", str(inventory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "unknown role 'echo'" in done.stderr
