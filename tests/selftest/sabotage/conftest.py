"""The same lab as the other tests', on which the trials of all services go on side by side."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from tests.selftest.sabotage.trial import Trial
from tests.selftest.side_by_side import Room, WorkQueues


def pytest_addoption(parser: pytest.Parser) -> None:
    """Unit tests judge facts that were kept here."""
    parser.addoption("--keep-facts", type=Path, metavar="DIR", help="keep what the hosts said in each case, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """The mark of what is begun before its test."""
    config.addinivalue_line("markers", "trial(service, work): begun with the first of them; a service is a queue")


@pytest.fixture(scope="package")
def trials(
    request: pytest.FixtureRequest,
    lab_inventory: Inventory,
    ssh: Remote,
    keep: Path | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WorkQueues[None]]:
    """All trials of this run, begun: services beside each other, each in a queue of its own."""
    room, queues = Room(), WorkQueues[None]()
    for item in request.session.items:
        if mark := item.get_closest_marker("trial"):
            service, work = mark.args
            folder = tmp_path_factory.mktemp(service)
            queues.begin(service, item.nodeid, partial(work, Trial(lab_inventory, ssh, service, folder, keep, room)))
    try:
        yield queues
    finally:
        queues.close()


@pytest.fixture
def trial(request: pytest.FixtureRequest, trials: WorkQueues[None]) -> Callable[[], None]:
    """Wait until the trial that this test is about is over; what it raised is raised where this is called."""
    return partial(trials.result, request.node.nodeid)
