"""Each cause is named first while it is there; before and after, the cluster is whole and nothing is named."""

from collections.abc import Callable
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

pytestmark = pytest.mark.lab
SABOTAGE: dict[str, tuple[Callable[[Inventory], Any], dict[str, Callable[[Any], Sabotage]]]] = {
    "redis": (Redis, redis_cases.CASES),
    "postgresql": (Postgresql, postgresql_cases.CASES),
    "mariadb": (Mariadb, mariadb_cases.CASES),
    "rabbitmq": (Rabbitmq, rabbitmq_cases.CASES),
    "minio": (Minio, minio_cases.CASES),
}


@pytest.mark.parametrize(
    ("service", "name"),
    [
        pytest.param(service, name, marks=pytest.mark.takes_turns(service))
        for service in SABOTAGE
        for name in SABOTAGE[service][1]
    ],
)
def test_the_cause_is_named_first(
    service: str, name: str, lab_inventory: Inventory, ssh: Remote, keep: Path | None, tmp_path: Path
) -> None:
    kind, cases = SABOTAGE[service]
    named_first(cluster_of(lab_inventory, ssh, service), cases[name](kind(lab_inventory)), tmp_path, keep)
