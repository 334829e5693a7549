"""The lab, installed, for the tests that need it. What takes long says so while it works."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.remote import Remote
from tests.selftest.commands import END_LINES, Commands
from tests.selftest.lab.from_bare import FromBare, install_from_bare
from tests.selftest.lab.suite import LAB
from tests.selftest.machines import Loud, Machines
from tests.selftest.rotation import EVERY, TURNS, Turn, chosen, turn_from

HERE = Path(__file__).parent
UNIT = HERE / "unit"
ASIDE = (HERE / "kubernetes", HERE / "foreign")
"""Tests that need no machine of the data services: one worker goes through them while another has those."""
TURN = pytest.StashKey[Turn]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which of the slow cases."""
    turns = [EVERY, *(str(number) for number in range(1, TURNS + 1))]
    parser.addoption(
        "--rotation", choices=turns, default="", help="the turn of slow cases; else that of the commit's hash"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Marks of these tests."""
    config.addinivalue_line(
        "markers", "takes_turns(kind, case): a slow case, or all tests of one; each run takes a part of a kind"
    )
    config.addinivalue_line("markers", "only_when_asked: runs where its file is named, or with --rotation all")
    config.addinivalue_line("markers", "from_bare: about the run's first installation, which begins with bare hosts")
    config.addinivalue_line("markers", "runs_last: after all other tests")
    config.stash[TURN] = turn_from(config.getoption("--rotation", ""), config.rootpath)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Leave out slow cases whose turn it is not; unit tests come first, and last what must see all others' traces.

    With workers (`-n 3 --dist loadgroup`) one has the stack's tests in their order, another those aside of it.
    """
    for item in items:
        if item.path.parent != UNIT:
            # Before the plugin of the workers looks for it.
            item.add_marker(pytest.mark.xdist_group("aside" if item.path.parent in ASIDE else "stack"))
    yield
    turn = config.stash[TURN]
    marks = {item: mark.args for item in items if (mark := item.get_closest_marker("takes_turns"))}
    cases = {item: (*args[1:], item.nodeid)[0] for item, args in marks.items()}
    kinds = {cases[item]: args[0] for item, args in marks.items()}
    taken = chosen(kinds, turn.number)
    named = {Path(argument.partition("::")[0]).resolve() for argument in config.args}

    # Who names a folder above, as in `pytest tests`, asked for nothing that empties the lab.
    meant = any(path.is_relative_to(HERE) for path in named)

    def waits(item: pytest.Item) -> bool:
        if not meant and HERE in item.path.parents and UNIT not in item.path.parents:
            return True
        if item.path in named:
            return False
        if item.get_closest_marker("only_when_asked"):
            return turn.number is not None
        return item in cases and cases[item] not in taken

    if left_out := [item for item in items if waits(item)]:
        config.hook.pytest_deselected(items=left_out)
    items[:] = sorted((item for item in items if item not in left_out), key=_place)


def _place(item: pytest.Item) -> int:
    if item.get_closest_marker("runs_last"):
        return 4
    if "alone" in getattr(item, "fixturenames", ()):
        # Others' machines are done with by then.
        return 3
    if item.path.parent in ASIDE:
        return 1
    return 0 if item.path.parent == UNIT else 2


def pytest_report_header(config: pytest.Config) -> str:
    """Say which slow cases are taken."""
    return str(config.stash[TURN])


@pytest.fixture(scope="session")
def heard(pytestconfig: pytest.Config) -> Loud:
    """Show what commands of the project say as it comes, and return it. A failure fails the test."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    worker = hasattr(pytestconfig, "workerinput")

    def show(line: str) -> None:
        # A worker's standard output is the line to the process that began it.
        screen = sys.stderr if worker else sys.stdout
        screen.write(line)
        screen.flush()

    def listen(commands: Commands, status: int = 0) -> str:
        with capture.global_and_fixture_disabled():
            text = commands.listen(show)
        assert commands.status == status, "".join(text.splitlines(keepends=True)[-END_LINES:])
        return text

    return listen


@pytest.fixture(scope="session")
def loud(heard: Loud) -> Loud:
    """Run a command of the project, show what it says as it comes, and return it. A failure fails the test."""
    return lambda *command, status=0: heard(Commands(command), status)


@pytest.fixture(scope="session")
def machines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, loud: Loud) -> Machines:
    """The lab's machines, which the workers of a run share."""
    base = tmp_path_factory.getbasetemp()
    if not hasattr(request.config, "workerinput"):
        return Machines(base, False, loud)
    folders = {item.path.parent for item in request.session.items}
    return Machines(base.parent, bool(folders & {*ASIDE}) and bool(folders - {*ASIDE, UNIT}), loud)


@pytest.fixture(scope="session")
def alone(request: pytest.FixtureRequest, machines: Machines) -> None:
    """No worker has tests on other machines of the lab any more."""
    folders = {item.path.parent for item in request.session.items}
    machines.wait_for(*(folder.name for folder in ASIDE if folder in folders))


@pytest.fixture(scope="session")
def installed(request: pytest.FixtureRequest, machines: Machines, loud: Loud) -> FromBare | None:
    """The lab is up and everything is installed on it; from bare hosts where a test of this run is about that."""
    machines.up("data")
    if any(item.get_closest_marker("from_bare") for item in request.session.items):
        return install_from_bare(loud)
    loud("fab", "all")
    return None


@pytest.fixture(scope="session")
def keep(pytestconfig: pytest.Config) -> Path | None:
    """Where facts are kept, where they are."""
    folder: Path | None = pytestconfig.getoption("--keep-facts", None)
    return folder


@pytest.fixture(scope="session")
def lab_inventory(installed: FromBare | None) -> Inventory:
    """The lab's inventory."""
    return read(LAB)


@pytest.fixture(scope="session")
def ssh(lab_inventory: Inventory) -> Iterator[Remote]:
    """SSH to the lab's machines."""
    with Remote(lab_inventory) as opened:
        yield opened
