"""The lab, installed, for the tests that need it. What takes long says so while it works."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.remote import Remote
from tests.selftest.lab.suite import BIN, LAB, ROOT


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


@pytest.fixture(scope="session")
def installed(loud: Callable[..., str]) -> None:
    """The lab is up and everything is installed on it."""
    loud("hadrill", "lab", "up", "--profile", "data")
    loud("fab", "all")


@pytest.fixture
def keep(pytestconfig: pytest.Config) -> Path | None:
    """Where facts are kept, where they are."""
    folder: Path | None = pytestconfig.getoption("--keep-facts", None)
    return folder


@pytest.fixture(scope="session")
def lab_inventory(installed: None) -> Inventory:
    """The lab's inventory."""
    return read(LAB)


@pytest.fixture(scope="session")
def ssh(lab_inventory: Inventory) -> Iterator[Remote]:
    """SSH to the lab's machines."""
    with Remote(lab_inventory) as opened:
        yield opened
