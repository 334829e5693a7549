"""Data of others in each service is counted on every member; what would not outlive a fault refuses it with the sum."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pika
import pytest

from hadrill.drill import Case, Session
from hadrill.drill.errors import InconclusiveError
from hadrill.drill.injection import Injection
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of
from hadrill.services.guarded import Guarded
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.minio.service import Minio
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import until_healthy

SEEN_SECONDS = 30.0
"""Counts of messages come every five seconds, and replicas follow."""
SOMEBODY = "somebody"


@contextmanager
def postgresql(inventory: Inventory) -> Iterator[None]:
    """A database with a table, and one of whose rows no crash leaves any."""
    service = Postgresql(inventory)
    with closing(service.connect(service.leader().address, user="postgres", database="postgres")) as admin:
        admin.execute(f"CREATE DATABASE {SOMEBODY}")
        try:
            there = service.connect(service.leader().address, user="postgres", database=SOMEBODY)
            with closing(there) as connection:
                connection.execute("CREATE TABLE kept AS SELECT n FROM generate_series(1, 20000) n")
                connection.execute("CREATE UNLOGGED TABLE unkept AS SELECT n FROM generate_series(1, 20000) n")
            yield
        finally:
            admin.execute(f"DROP DATABASE {SOMEBODY} WITH (FORCE)")


@contextmanager
def mariadb(inventory: Inventory) -> Iterator[None]:
    """A schema with a table, and on one node a table in its memory."""
    service = Mariadb(inventory)
    with service.connect(service.members[0].address, user="root", database=None) as connection:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {SOMEBODY}")
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"USE {SOMEBODY}")
                cursor.execute("CREATE TABLE kept (n INT PRIMARY KEY)")
                cursor.execute("INSERT INTO kept SELECT seq FROM seq_1_to_20000")
                cursor.execute("CREATE TABLE unkept (n INT PRIMARY KEY) ENGINE=MEMORY")
                cursor.execute("INSERT INTO unkept SELECT seq FROM seq_1_to_100")
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {SOMEBODY}")


@contextmanager
def rabbitmq(inventory: Inventory) -> Iterator[None]:
    """A queue on every node's disk, and one on the first node with messages that are in its memory alone."""
    service = Rabbitmq(inventory)
    with closing(service.connect(service.members[0].address)) as connection:
        channel = connection.channel()
        channel.queue_declare("kept", durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_declare("unkept", durable=True, arguments={"x-queue-type": "classic"})
    try:
        with closing(service.connect(service.members[0].address)) as connection:
            channel = connection.channel()
            for queue, mode in (("kept", pika.DeliveryMode.Persistent), ("unkept", pika.DeliveryMode.Transient)):
                for _ in range(50):
                    channel.basic_publish("", queue, b"of somebody", pika.BasicProperties(delivery_mode=mode))
        yield
    finally:
        with closing(service.connect(service.members[0].address)) as connection:
            for queue in ("kept", "unkept"):
                connection.channel().queue_delete(queue)


@contextmanager
def minio(inventory: Inventory) -> Iterator[None]:
    """A bucket with objects; each is on a majority's drives."""
    client = Minio(inventory).client(Minio(inventory).members[0].address)
    client.create_bucket(Bucket=SOMEBODY)
    try:
        for number in range(20):
            client.put_object(Bucket=SOMEBODY, Key=f"{number}", Body=b"of somebody")
        yield
    finally:
        for number in range(20):
            client.delete_object(Bucket=SOMEBODY, Key=f"{number}")
        client.delete_bucket(Bucket=SOMEBODY)


CASES = {
    "postgresql": (postgresql, 120, "pages of unlogged tables"),
    "mariadb": (mariadb, 10, "100 rows of engine MEMORY"),
    "rabbitmq": (rabbitmq, 100, "50 messages that are not on"),
    "minio": (minio, 20, ""),
}
"""What is planted, how much of it at least is counted on the member that has all, and why a kill of it is refused."""


@pytest.mark.parametrize("service", CASES)
def test_data_of_others_is_counted_and_what_would_be_gone_refuses_the_fault(
    service: str, lab_inventory: Inventory, ssh: Remote, session: Session
) -> None:
    planted, least, reason = CASES[service]
    cluster = cluster_of(lab_inventory, ssh, service)
    eventually(f"{service} to be whole", cluster.why_not_healthy, Deadline(SEEN_SECONDS))
    assert isinstance(cluster, Guarded)
    before = {host: cluster.foreign(host).total for host in cluster.members}
    victim = Postgresql(lab_inventory).leader() if service == "postgresql" else cluster.members[0]
    case = Case(service, "container-kill", host=victim.name)
    assert _refusal(session, cluster, case) == "", "an installation of hadrill's own alone is drilled"
    with planted(lab_inventory):

        def uncounted() -> str | None:
            try:
                more = {host: cluster.foreign(host).total - before[host] for host in cluster.members}
            except failures() as error:
                return str(error)
            # A table that is not logged, or in memory, is on one member only.
            return None if more[victim] >= least and min(more.values()) >= least // 2 - 1 else f"{more}"

        eventually("what is there to be counted on every member", uncounted, Deadline(SEEN_SECONDS))
        if reason:
            eventually("it to be at risk", lambda: _unrefused(session, cluster, case, reason), Deadline(SEEN_SECONDS))
            assert f"on {victim}" in _refusal(session, cluster, case) or f"{victim}'s" in _refusal(
                session, cluster, case
            )
        else:
            assert _refusal(session, cluster, case) == ""
    until_healthy(lab_inventory)


def _unrefused(session: Session, cluster: Cluster, case: Case, reason: str) -> str | None:
    refusal = _refusal(session, cluster, case)
    return None if reason in refusal else f"refused with {refusal!r}"


def _refusal(session: Session, cluster: Cluster, case: Case) -> str:
    """Why a fault is refused; empty where it would be made."""
    try:
        Injection(session, cluster, case, "0" * 12, lambda *_: None).guard()
    except InconclusiveError as error:
        return str(error)
    return ""
