"""Each cause is named first while it is there; before and after, the cluster is whole and nothing is named."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from hadrill.diagnosis import Answer, Diagnosis, Facts
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.report.secrets import Scrubber
from hadrill.services.cluster import Cluster
from hadrill.services.mariadb import Mariadb
from hadrill.services.mariadb.cluster import MariadbCluster
from hadrill.services.minio import Minio
from hadrill.services.minio.cluster import MinioCluster
from hadrill.services.postgresql import Postgresql
from hadrill.services.postgresql.cluster import PostgresqlCluster
from hadrill.services.rabbitmq import Rabbitmq
from hadrill.services.rabbitmq.cluster import RabbitmqCluster
from hadrill.services.redis import Redis
from hadrill.services.redis.cluster import RedisCluster
from hadrill.timing import Deadline, eventually
from tests.selftest.sabotage import mariadb_cases, minio_cases, postgresql_cases, rabbitmq_cases, redis_cases
from tests.selftest.sabotage.bench import Sabotage, sabotaged

SHOWS_SECONDS = 60.0
"""Sentinel and Patroni look at what they depend on each ten seconds; a loss shows after `ttl`."""
HEALED_SECONDS = 120.0
LOG_LINES = 6
COLUMNS = ("pxname", "svname", "status", "addr", "check_desc", "last_chk")


@pytest.fixture
def keep(pytestconfig: pytest.Config) -> Path | None:
    """Where facts are kept, where they are."""
    folder: Path | None = pytestconfig.getoption("--keep-facts", None)
    return folder


@pytest.mark.parametrize("name", redis_cases.CASES)
def test_redis(name: str, stock: Inventory, ssh: Remote, keep: Path | None) -> None:
    _named_first(RedisCluster(stock, ssh), redis_cases.CASES[name](Redis(stock)), keep)


@pytest.mark.parametrize("name", postgresql_cases.CASES)
def test_postgresql(name: str, stock: Inventory, ssh: Remote, keep: Path | None) -> None:
    _named_first(PostgresqlCluster(stock, ssh), postgresql_cases.CASES[name](Postgresql(stock)), keep)


@pytest.mark.parametrize("name", mariadb_cases.CASES)
def test_mariadb(name: str, stock: Inventory, ssh: Remote, keep: Path | None) -> None:
    _named_first(MariadbCluster(stock, ssh), mariadb_cases.CASES[name](Mariadb(stock)), keep)


@pytest.mark.parametrize("name", rabbitmq_cases.CASES)
def test_rabbitmq(name: str, stock: Inventory, ssh: Remote, keep: Path | None) -> None:
    _named_first(RabbitmqCluster(stock, ssh), rabbitmq_cases.CASES[name](Rabbitmq(stock)), keep)


@pytest.mark.parametrize("name", minio_cases.CASES)
def test_minio(name: str, stock: Inventory, ssh: Remote, keep: Path | None) -> None:
    _named_first(MinioCluster(stock, ssh), minio_cases.CASES[name](Minio(stock)), keep)


def _named_first(cluster: Cluster, case: Sabotage, keep: Path | None) -> None:
    _whole(cluster)
    with sabotaged(cluster.inventory, cluster.remote, case):

        def elsewhere() -> str | None:
            found = _diagnosis(cluster)
            names = [cause.name for cause in found.causes]
            if names[:1] != [case.cause]:
                return f"{names} instead of {case.cause}"
            if keep is not None:
                text = Scrubber(cluster.inventory.credentials.values())(_small(found.facts).as_json())
                (keep / f"{cluster.service}-{case.cause}.json").write_text(text + "\n", "utf-8")
            return None

        eventually(f"{case.cause} to be named first", elsewhere, Deadline(SHOWS_SECONDS))
    _whole(cluster)


def _small(facts: Facts) -> Facts:
    """Facts with the last lines of each log, and of each statistics page the columns that rules read."""

    def cut(name: str, answer: Answer) -> Answer:
        if name.endswith("log"):
            return replace(answer, said="\n".join(answer.said.splitlines()[-LOG_LINES:]))
        if name == "statistics":
            head, _, body = answer.said.partition("\r\n\r\n# ")
            rows = csv.DictReader(io.StringIO(body))
            lines = [",".join(COLUMNS), *(",".join(row[column] or "" for column in COLUMNS) for row in rows)]
            return replace(answer, said="\r\n\r\n# ".join([head.splitlines()[0], "\n".join(lines)]) if body else "")
        return answer

    return Facts(
        {
            name: replace(host, answers={each: cut(each, answer) for each, answer in host.answers.items()})
            for name, host in facts.hosts.items()
        }
    )


def _whole(cluster: Cluster) -> None:
    eventually(f"{cluster.service} to be whole", cluster.unhealthy, Deadline(HEALED_SECONDS))
    eventually("no cause to be left", lambda: _causes(cluster) or None, Deadline(HEALED_SECONDS))


def _causes(cluster: Cluster) -> list[str]:
    return [cause.name for cause in _diagnosis(cluster).causes]


def _diagnosis(cluster: Cluster) -> Diagnosis:
    found = cluster.diagnose()
    assert found is not None
    assert not found.silent, found.silent
    return found
