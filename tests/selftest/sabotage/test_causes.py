"""Each cause is named first while it is there; before and after, the cluster is whole and nothing is named.

Services run beside each other, each in a queue of its own. A case that touches a host that is not its service's alone,
like the proxies in front of several, is made while no other is.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from hadrill.inventory import Inventory
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.minio.service import Minio
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.redis.service import Redis
from tests.selftest.sabotage import mariadb_cases, minio_cases, postgresql_cases, rabbitmq_cases, redis_cases
from tests.selftest.sabotage.bench import Sabotage
from tests.selftest.sabotage.trial import Trial, named_first

pytestmark = pytest.mark.lab
SABOTAGE: dict[str, tuple[Callable[[Inventory], Any], dict[str, Callable[[Any], Sabotage]]]] = {
    "redis": (Redis, redis_cases.CASES),
    "postgresql": (Postgresql, postgresql_cases.CASES),
    "mariadb": (Mariadb, mariadb_cases.CASES),
    "rabbitmq": (Rabbitmq, rabbitmq_cases.CASES),
    "minio": (Minio, minio_cases.CASES),
}
ON_PROXIES = ("proxy_check", "single_proxy", "updater_stopped", "pooler_login", "disk_full")
"""Cases that wait until no other is made, as proxies are several services': each turn has its share of them."""


def case(service: str, name: str, trial: Trial) -> None:
    """Bring one cause about, and see it named."""
    kind, cases = SABOTAGE[service]
    cluster = trial.cluster

    def sabotage() -> Sabotage:
        return cases[name](kind(trial.inventory))

    meets_others = {step.host for step in sabotage().steps} - set(cluster.members)
    with trial.room.entered(alone=bool(meets_others)):
        named_first(cluster, sabotage(), trial.reports, trial.keep)


@pytest.mark.parametrize(
    ("service", "name"),
    [
        pytest.param(
            service,
            name,
            marks=[
                pytest.mark.takes_turns("proxies" if name in ON_PROXIES else service),
                pytest.mark.trial(service, partial(case, service, name)),
            ],
        )
        for service in SABOTAGE
        for name in SABOTAGE[service][1]
    ],
)
def test_the_cause_is_named_first(service: str, name: str, trial: Callable[[], None]) -> None:
    trial()
