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
from tests.selftest.rotation import EVERY, TURNS, Turn, chosen, turn_from

UNIT = Path(__file__).parent / "unit"
TURN = pytest.StashKey[Turn]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which of the slow cases."""
    turns = [EVERY, *(str(number) for number in range(1, TURNS + 1))]
    parser.addoption(
        "--rotation", choices=turns, default="", help="the turn of slow cases; else that of the commit's hash"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Marks of these tests."""
    config.addinivalue_line("markers", "takes_turns(kind): a slow case; each run takes a part of its kind")
    config.addinivalue_line("markers", "only_when_asked: runs where its file is named, or with --rotation all")
    config.addinivalue_line("markers", "runs_last: after all other tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out slow cases whose turn it is not; unit tests come first, and last what must see all others' traces."""
    turn = turn_from(config.getoption("--rotation", ""), config.rootpath)
    kinds = {item.nodeid: mark.args[0] for item in items if (mark := item.get_closest_marker("takes_turns"))}
    taken = chosen(kinds, turn.number)
    named = {Path(argument.partition("::")[0]).resolve() for argument in config.args}

    def waits(item: pytest.Item) -> bool:
        if item.path in named:
            return False
        if item.get_closest_marker("only_when_asked"):
            return turn.number is not None
        return item.nodeid in kinds and item.nodeid not in taken

    if left_out := [item for item in items if waits(item)]:
        config.hook.pytest_deselected(items=left_out)
    if kinds:
        config.stash[TURN] = turn
    items[:] = sorted((item for item in items if item not in left_out), key=_place)


def _place(item: pytest.Item) -> int:
    if item.get_closest_marker("runs_last"):
        return 2
    return 0 if UNIT in item.path.parents else 1


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say which cases were taken."""
    return [str(config.stash[TURN])] if TURN in config.stash else []


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


@pytest.fixture(scope="session")
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
