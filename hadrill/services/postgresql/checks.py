"""What is true of a healthy PostgreSQL cluster, as an application and as every member sees it."""

import uuid
from collections import Counter
from contextlib import closing
from typing import Any, LiteralString

import psycopg
from psycopg.rows import TupleRow

from hadrill.inventory import Host
from hadrill.services.asking import ANSWER_SECONDS, ask, disagreements, failures, first_line, silence
from hadrill.services.errors import ServiceError
from hadrill.services.finding import CheckFailedError, Finding, LeftOutError, require
from hadrill.services.placing import placed_in
from hadrill.services.postgresql.service import POOLED_PORT, PORT, REST_PORT, Postgresql
from hadrill.timing import Deadline, OverdueError, eventually

TABLE = "hadrill_check"
NEAREST: LiteralString = """
SELECT name FROM (VALUES ('near', '[1,2,3]'::vector), ('far', '[9,9,9]')) AS t (name, v)
ORDER BY v <-> '[1,2,4]' LIMIT 1
"""
HEALTHY_STATES = {"leader": {"running"}, "replica": {"streaming"}, "sync_standby": {"streaming"}}
PRIMARY = ("primary", "master")
"""A member's own word for a leader that accepts writes: Patroni's since 4.0, and before."""


def connectivity(service: Postgresql) -> None:
    """A client at the entry point reaches the leader, and pgvector finds the nearest neighbour, where it is in use."""
    query = NEAREST if not service.inventory.settings.adopted or _has_vector(service) else "SELECT 'near'"
    require(_ask_as_application(service, PORT, query))


def cluster(service: Postgresql) -> None:
    """Every member, asked over the network, sees the same leader and two streaming replicas, and runs itself."""
    answers, findings = ask(
        service.members,
        lambda host: (service.patroni(host), service.status(host)),
        REST_PORT,
        "Patroni's view of the cluster",
    )
    views = {host: view for host, (view, _) in answers.items()}
    named = {host: _leader_of(view) for host, view in views.items()}
    patroni = placed_in(service.inventory, "postgresql", "patroni")
    cause = f"its copy of Patroni's store stands still, as when its Raft thread died: {patroni.to_restart} there"
    findings += disagreements(named, "the leader", cause)
    for host, view in views.items():
        findings += _unhealthy_members(service, host, view["members"])
    # The store outlives a power cut: until a member has written its new state, all others show its last one.
    for host, (view, own) in answers.items():
        if host.name not in {finding.host for finding in findings}:
            findings += _outdated(host, _leader_of(view), own)
    require({(f.host, f.actual): f for f in findings}.values())


def replication(service: Postgresql) -> None:
    """A row that is written on the leader is read on every replica, and each replica streams."""
    try:
        leader = service.leader()
    except ServiceError as error:
        require(
            ask(service.members, service.patroni, service.inventory.port(REST_PORT), "Patroni's view of the cluster")[1]
        )
        cause = "no leader is elected: the majority of Patroni's store is gone, or no member may lead"
        raise CheckFailedError([Finding("the cluster", "a leader", str(error), cause)]) from error
    replicas = [host for host in service.members if host != leader]
    token = uuid.uuid4().hex
    try:
        with closing(service.connect(leader.address)) as connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (token text PRIMARY KEY)")
            connection.execute(f"INSERT INTO {TABLE} VALUES (%s)", (token,))  # noqa: S608 - a constant name
            try:
                _, findings = ask(
                    replicas,
                    lambda host: _arrives(service, host, token),
                    service.inventory.port(PORT),
                    "the row of the leader",
                )
                streaming = connection.execute(
                    "SELECT count(*) FROM pg_stat_get_wal_senders() WHERE state = 'streaming'"
                )
                count = (streaming.fetchone() or (0,))[0]
            finally:
                connection.execute(f"DELETE FROM {TABLE} WHERE token = %s", (token,))  # noqa: S608 - a constant name
    except failures() as error:
        raise CheckFailedError([silence(leader.name, leader.address, PORT, "to write on the leader", error)]) from error
    if count < len(replicas) and not findings:
        cause = "a replica is not connected, or is still copying"
        findings = [Finding(leader.name, f"{len(replicas)} streaming replicas", str(count), cause)]
    require(findings)


def pgbouncer(service: Postgresql) -> None:
    """PgBouncer answers at the entry point and on every proxy, and leads to the leader."""
    if not service.has_pool:
        raise LeftOutError("no PgBouncer leads to it")
    _, of_proxies = ask(service.proxies, lambda host: _through_pool(service, host), POOLED_PORT, "PgBouncer to answer")
    require([*of_proxies, *_ask_as_application(service, POOLED_PORT, "SELECT 'near'")])


ALL = (connectivity, cluster, replication, pgbouncer)
"""Every check of this service, in the order of the report."""


def _has_vector(service: Postgresql) -> bool:
    """Whether somebody else's cluster has the extension in our database; no where it cannot be asked."""
    try:
        with closing(service.connect(service.way_in(PORT))) as connection:
            return connection.execute("SELECT FROM pg_extension WHERE extname = 'vector'").fetchone() is not None
    except failures():
        return False


def _ask_as_application(service: Postgresql, port: int, query: LiteralString) -> list[Finding]:
    """At the entry point: a connection to the leader, and a query that answers 'near'."""
    name = "the entry point"
    try:
        with closing(service.connect(service.way_in(port), port)) as connection:
            if connection.execute("SELECT pg_is_in_recovery()").fetchone() != (False,):
                cause = "HAProxy leads to a replica: its health check does not ask Patroni for the primary"
                return [Finding(name, "a connection to the leader", "one to a replica", cause)]
            answer = connection.execute(query).fetchone()
    except failures() as error:
        if isinstance(error, psycopg.errors.UndefinedObject):  # the type of the query
            cause = "the extension is not created in this database: CREATE EXTENSION vector"
            return [Finding(name, "pgvector's nearest neighbour", "no type vector", cause)]
        return [silence(name, service.way_in(port), port, "a query as an application", error)]
    return (
        []
        if answer == ("near",)
        else [Finding(name, "the nearest neighbour 'near'", str(answer), "pgvector is broken")]
    )


def _unhealthy_members(service: Postgresql, asked: Host, members: list[dict[str, Any]]) -> list[Finding]:
    findings = []
    roles = Counter(member["role"] for member in members)
    if roles["leader"] != 1:
        actual = f"{roles['leader']} leaders, asked of {asked}"
        findings.append(
            Finding("the cluster", "one leader", actual, "an election is going on, or the store has no majority")
        )
    known = {member["name"]: member for member in members}
    for host in service.members:
        member = known.get(host.name)
        if member is None:
            cause = "Patroni does not run there, or cannot reach its store"
            findings.append(Finding(host.name, "a member of the cluster", "unknown to the others", cause))
        elif member["state"] not in HEALTHY_STATES.get(member["role"], {"streaming"}):
            cause = "see Patroni's log there; `start failed` is often the data directory's mode, which must be 0700"
            findings.append(Finding(host.name, "running or streaming", f"{member['role']}, {member['state']}", cause))
    return findings


def _outdated(host: Host, leader: str, own: dict[str, Any]) -> list[Finding]:
    """A finding where a member's own state is not the one that the store has of it."""
    expected = "running, as the leader" if host.name == leader else "running"
    if own["state"] == "running" and (host.name != leader or own["role"] in PRIMARY):
        return []
    cause = "the store still has its state from before: it is starting, or see Patroni's log there"
    return [Finding(host.name, expected, f"{own['role']}, {own['state']}, as it says itself", cause)]


def _leader_of(view: dict[str, Any]) -> str:
    return next((str(member["name"]) for member in view["members"] if member["role"] == "leader"), "none")


def _arrives(service: Postgresql, host: Host, token: str) -> bool:
    with closing(service.connect(host.address)) as connection:

        def missing() -> str | None:
            row = connection.execute(f"SELECT 1 FROM {TABLE} WHERE token = %s", (token,)).fetchone()  # noqa: S608 - a constant name
            return None if row else "the row is not there"

        try:
            eventually(f"the row on {host}", missing, Deadline(ANSWER_SECONDS))
        except OverdueError:
            cause = _why_not_replayed(connection)
            actual = f"nothing after {ANSWER_SECONDS:g} s"
            raise CheckFailedError([Finding(host.name, "the row that the leader wrote", actual, cause)]) from None
    return True


def _why_not_replayed(connection: psycopg.Connection[TupleRow]) -> str:
    if connection.execute("SELECT pg_is_in_recovery() AND pg_is_wal_replay_paused()").fetchone() == (True,):
        return "replay is paused: SELECT pg_wal_replay_resume()"
    heard = connection.execute(
        "SELECT extract(epoch FROM clock_timestamp() - last_msg_receipt_time)::float8 FROM pg_stat_wal_receiver"
    ).fetchone()
    if heard is None:
        return "the replica has no connection to the leader: credentials, pg_hba or the network"
    if heard[0] >= ANSWER_SECONDS:
        return f"nothing came over the stream from the leader for {heard[0]:.0f} s: the network between the two is cut"
    return "the replica receives, but is behind with replaying"


def _through_pool(service: Postgresql, host: Host) -> bool:
    """A query through one PgBouncer.

    Its first client after a pause is told how its last login at the server ended, however long ago that was, and only
    then it tries again (check_fast_fail in its src/objects.c): what counts is what it says after that.
    """

    pool = service.inventory.entry_point(POOLED_PORT)

    def remembered() -> str | None:
        try:
            with closing(service.connect(f"{host.address}{pool.behind}", POOLED_PORT)) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            # libpq gives no code for a connection that was not made.
            if "cached error" not in str(error):
                raise
            return first_line(error)
        return None

    try:
        eventually(f"PgBouncer on {host} to lead to the leader", remembered, Deadline(ANSWER_SECONDS))
    except OverdueError as error:
        cause = "PgBouncer cannot log in to the server: its userlist.txt, or no leader behind HAProxy"
        actual = f"for {error.seconds:.0f} s: {error.last}"
        raise CheckFailedError([Finding(host.name, "PgBouncer to lead to the leader", actual, cause)]) from None
    return True
