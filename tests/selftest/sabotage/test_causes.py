"""Each cause is named first while it is there; before and after, the cluster is whole and nothing is named.

Services run beside each other, each in a queue of its own. A case that touches a host that is not its service's alone,
like the proxies in front of several, is made while no other is.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.clusters import cluster_of
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.minio.service import Minio
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.redis.service import Redis
from tests.selftest.sabotage import mariadb_cases, minio_cases, postgresql_cases, rabbitmq_cases, redis_cases
from tests.selftest.sabotage.bench import Sabotage
from tests.selftest.sabotage.trial import named_first
from tests.selftest.side_by_side import Room, WorkQueues

pytestmark = pytest.mark.lab
SABOTAGE: dict[str, tuple[Callable[[Inventory], Any], dict[str, Callable[[Any], Sabotage]]]] = {
    "redis": (Redis, redis_cases.CASES),
    "postgresql": (Postgresql, postgresql_cases.CASES),
    "mariadb": (Mariadb, mariadb_cases.CASES),
    "rabbitmq": (Rabbitmq, rabbitmq_cases.CASES),
    "minio": (Minio, minio_cases.CASES),
}


@pytest.fixture(scope="module")
def trials(
    request: pytest.FixtureRequest,
    lab_inventory: Inventory,
    ssh: Remote,
    keep: Path | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WorkQueues[None]]:
    """The trials of all cases of this run, begun."""
    room, queues = Room(), WorkQueues[None]()

    def trial(service: str, name: str) -> None:
        kind, cases = SABOTAGE[service]
        cluster = cluster_of(lab_inventory, ssh, service)

        def case() -> Sabotage:
            return cases[name](kind(lab_inventory))

        meets_others = {step.host for step in case().steps} - set(cluster.members)
        with room.entered(alone=bool(meets_others)):
            named_first(cluster, case(), tmp_path_factory.mktemp(f"{service}-{name}"), keep)

    for item in request.session.items:
        if item.path == request.path and isinstance(item, pytest.Function):
            service, name = (str(item.callspec.params[parameter]) for parameter in ("service", "name"))
            queues.begin(service, f"{service} {name}", partial(trial, service, name))
    try:
        yield queues
    finally:
        queues.close()


@pytest.mark.parametrize(
    ("service", "name"),
    [
        pytest.param(service, name, marks=pytest.mark.takes_turns(service))
        for service in SABOTAGE
        for name in SABOTAGE[service][1]
    ],
)
def test_the_cause_is_named_first(service: str, name: str, trials: WorkQueues[None]) -> None:
    trials.result(f"{service} {name}")
