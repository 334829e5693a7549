"""The lab, installed, for the tests that need it. What takes long says so while it works."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.remote import Remote
from tests.selftest.commands import END_LINES, Commands
from tests.selftest.lab.from_bare import FromBare, install_from_bare
from tests.selftest.lab.suite import LAB
from tests.selftest.rotation import EVERY, TURNS, Turn, chosen, turn_from

HERE = Path(__file__).parent
UNIT, KUBERNETES = HERE / "unit", HERE / "kubernetes"
TURN = pytest.StashKey[Turn]()
NODES = (("hadrill", "lab", "up", "--profile", "kubernetes"), ("fab", "all"))
NODES_UP = pytest.StashKey[Commands]()


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
    config.addinivalue_line("markers", "from_bare: about the run's first installation, which begins with bare hosts")
    config.addinivalue_line("markers", "runs_last: after all other tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out slow cases whose turn it is not; unit tests come first, and last what must see all others' traces."""
    turn = turn_from(config.getoption("--rotation", ""), config.rootpath)
    kinds = {item.nodeid: mark.args[0] for item in items if (mark := item.get_closest_marker("takes_turns"))}
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


def pytest_runtestloop(session: pytest.Session) -> None:
    """While unit tests run, Kubernetes comes up for those that need it: the lab's machines are nobody else's then."""
    folders = {item.path.parent for item in session.items}
    idle = session.config.option.collectonly or hasattr(session.config, "workerinput")
    if {UNIT, KUBERNETES} <= folders and not idle:
        session.config.stash[NODES_UP] = Commands(*NODES)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What nobody waited for is not left behind."""
    if NODES_UP in session.config.stash:
        session.config.stash[NODES_UP].end()


@pytest.fixture(scope="session")
def heard(pytestconfig: pytest.Config) -> Callable[..., str]:
    """Show what commands of the project say as it comes, and return it. A failure fails the test."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def show(line: str) -> None:
        sys.stdout.write(line)
        sys.stdout.flush()

    def listen(commands: Commands, status: int = 0) -> str:
        with capture.global_and_fixture_disabled():
            text = commands.listen(show)
        assert commands.status == status, "".join(text.splitlines(keepends=True)[-END_LINES:])
        return text

    return listen


@pytest.fixture(scope="session")
def loud(heard: Callable[..., str]) -> Callable[..., str]:
    """Run a command of the project, show what it says as it comes, and return it. A failure fails the test."""
    return lambda *command, status=0: heard(Commands(command), status)


@pytest.fixture(scope="session")
def nodes_up(pytestconfig: pytest.Config, heard: Callable[..., str]) -> None:
    """Kubernetes is up and installed. Where unit tests ran before, it began to come up with them."""
    begun = pytestconfig.stash.get(NODES_UP, None)
    heard(Commands(*NODES) if begun is None else begun)


@pytest.fixture(scope="session")
def installed(request: pytest.FixtureRequest, loud: Callable[..., str]) -> FromBare | None:
    """The lab is up and everything is installed on it; from bare hosts where a test of this run is about that."""
    loud("hadrill", "lab", "up", "--profile", "data")
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
