"""The lab, installed, for the project's own tests. What takes long says so while it works."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hadrill.inventory import Inventory, read
from hadrill.remote import Remote
from tests.selftest.lab.suite import BIN, LAB, ROOT, run_suite, until_healthy

INSTALL_SECONDS = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the lab."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def loud(pytestconfig: pytest.Config) -> Callable[..., str]:
    """Run a command of the project, show what it says as it comes, and return it. A failure fails the test."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def run(*command: str, status: int = 0) -> str:
        said = []
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\n$ {' '.join(command)}\n")
            with subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                cwd=ROOT,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            ) as process:
                for line in process.stdout or ():
                    said.append(line)
                    sys.stdout.write(line)
                    sys.stdout.flush()
        assert process.returncode == status, "".join(said[-15:])
        return "".join(said)

    return run


@pytest.fixture(scope="session", autouse=True)
def installed(loud: Callable[..., str]) -> None:
    """The lab is up and everything is installed on it."""
    loud("hadrill", "lab", "up")
    loud("fab", "all")


@pytest.fixture(scope="session")
def stock(installed: None) -> Inventory:
    """The lab's inventory."""
    return read(LAB)


@pytest.fixture(scope="session")
def ssh(stock: Inventory) -> Iterator[Remote]:
    """SSH to the lab's machines."""
    with Remote(stock) as opened:
        yield opened


@pytest.fixture
def basic(tmp_path: Path) -> Callable[[], dict[str, Any]]:
    """Run the basic checks as a user does, and return their summary.json."""
    return lambda: run_suite("tests/basic", tmp_path, "--no-page")


@pytest.fixture
def healed(stock: Inventory) -> Iterator[None]:
    """After the test, whatever it did: wait until every service is whole again, or say which is not."""
    yield
    until_healthy(stock)
