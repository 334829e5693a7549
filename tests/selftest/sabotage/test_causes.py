"""Each cause is named first while it is there; before and after, the cluster is whole and nothing is named."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hadrill.diagnosis import Answer, Diagnosis, Facts
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.report.secrets import Scrubber
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of
from hadrill.services.mariadb import Mariadb
from hadrill.services.minio import Minio
from hadrill.services.postgresql import Postgresql
from hadrill.services.rabbitmq import Rabbitmq
from hadrill.services.redis import Redis
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import run_suite
from tests.selftest.sabotage import mariadb_cases, minio_cases, postgresql_cases, rabbitmq_cases, redis_cases
from tests.selftest.sabotage.bench import Sabotage, sabotaged

SHOWS_SECONDS = 60.0
"""Sentinel and Patroni look at what they depend on each ten seconds; a loss shows after `ttl`."""
HEALED_SECONDS = 120.0
SABOTAGE: dict[str, tuple[Callable[[Inventory], Any], dict[str, Callable[[Any], Sabotage]]]] = {
    "redis": (Redis, redis_cases.CASES),
    "postgresql": (Postgresql, postgresql_cases.CASES),
    "mariadb": (Mariadb, mariadb_cases.CASES),
    "rabbitmq": (Rabbitmq, rabbitmq_cases.CASES),
    "minio": (Minio, minio_cases.CASES),
}
LOG_LINES = 6
COLUMNS = ("pxname", "svname", "status", "addr", "check_desc", "last_chk")


@pytest.fixture
def keep(pytestconfig: pytest.Config) -> Path | None:
    """Where facts are kept, where they are."""
    folder: Path | None = pytestconfig.getoption("--keep-facts", None)
    return folder


@pytest.mark.parametrize(
    ("service", "name"), [(service, name) for service in SABOTAGE for name in SABOTAGE[service][1]]
)
def test_the_cause_is_named_first(
    service: str, name: str, stock: Inventory, ssh: Remote, keep: Path | None, tmp_path: Path
) -> None:
    kind, cases = SABOTAGE[service]
    cluster = cluster_of(stock, ssh, service)
    _whole(cluster)
    case: Sabotage = cases[name](kind(stock))
    with sabotaged(stock, ssh, case):

        def elsewhere() -> str | None:
            found = _diagnosis(cluster)
            names = [cause.name for cause in found.causes]
            if names[:1] != [case.cause]:
                return f"{names} instead of {case.cause}"
            if keep is not None:
                text = Scrubber(stock.credentials.values())(_small(found.facts).as_json())
                (keep / f"{service}-{case.cause}.json").write_text(text + "\n", "utf-8")
            return None

        eventually(f"{case.cause} to be named first", elsewhere, Deadline(SHOWS_SECONDS))
        summary = run_suite(f"tests/basic/test_{service}.py", tmp_path, "--no-page")
    _whole(cluster)
    failed = {check["check"]: check for check in summary["checks"] if check["outcome"] != "passed"}
    assert (case.fails in failed) if case.fails else not failed, summary["console"]
    for check in failed.values():
        assert check["causes"][0]["name"] == case.cause, summary["console"]


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
