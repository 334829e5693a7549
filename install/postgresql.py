"""Module 3, PostgreSQL HA: Patroni with its Raft store on every member, then the proxies in front."""

from contextlib import closing

import psycopg
from psycopg import sql

from hadrill.install import proxies
from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Desired, Directory, File, Reader
from hadrill.install.rolling import bring_up
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.services.postgresql import checks
from hadrill.services.postgresql.service import DATABASE, USER, Postgresql
from hadrill.services.postgresql.settings import PostgresqlSettings

PGBOUNCER = "/etc/hadrill/pgbouncer/pgbouncer.ini"
USERLIST = "/etc/hadrill/pgbouncer/userlist.txt"
CONFIGURATION = "/etc/hadrill/patroni/patroni.yml"
DATA = "/var/lib/hadrill/postgresql"
LOOKUP = """
CREATE SCHEMA IF NOT EXISTS pgbouncer AUTHORIZATION pgbouncer;
CREATE OR REPLACE FUNCTION pgbouncer.user_lookup(name text, OUT usename name, OUT passwd text) RETURNS record
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
    AS 'SELECT usename, passwd FROM pg_shadow WHERE usename = name';
REVOKE ALL ON FUNCTION pgbouncer.user_lookup(text) FROM public;
GRANT EXECUTE ON FUNCTION pgbouncer.user_lookup(text) TO pgbouncer;
"""


def install(site: Site) -> None:
    """Bring the members up, then make roles and databases, then the proxies."""
    service = Postgresql(site.inventory)
    if not service.members:
        return
    units = site.apply({host: desired(site, service, host) for host in service.members})

    def replicas_first() -> list[Host]:
        leader = service.leader()
        return [host for host in service.members if host != leader] + [leader]

    bring_up(site, units, replicas_first, lambda: checks.cluster(service), "PostgreSQL")
    if site.check and any(of_host.stopped for of_host in units.values()):
        site.record("PostgreSQL", "roles, databases and extensions, once it runs")
    else:
        _configure(site, service)
    proxies.install(site)


def section(site: Site) -> str:
    """PostgreSQL's part of HAProxy's configuration."""
    return site.render("haproxy/postgresql.cfg.j2", members=Postgresql(site.inventory).members)


def beside(site: Site, host: Host) -> proxies.Beside:  # noqa: ARG001 - the same on every proxy
    """PgBouncer, on each proxy."""
    inventory = site.inventory
    password, image = inventory.credentials.secret("postgresql", "PGBOUNCER_PASSWORD"), inventory.image("pgbouncer")
    userlist = File(USERLIST, f'"pgbouncer" "{password}"\n', SECRET, reader=Reader(image, "postgres"))
    mounts = (("/etc/hadrill/pgbouncer", "/etc/pgbouncer:ro"),)
    container = Container("pgbouncer", image, "pgbouncer /etc/pgbouncer/pgbouncer.ini", mounts)
    return proxies.Beside(
        Desired(
            directories=(Directory("/etc/hadrill/pgbouncer"),),
            files=(File(PGBOUNCER, site.render("pgbouncer.ini.j2")), userlist),
            units=(container.unit(PGBOUNCER, USERLIST),),
        )
    )


def desired(site: Site, service: Postgresql, host: Host) -> Desired:
    """Patroni's configuration and container on one member."""
    secrets = site.inventory.credentials
    configuration = site.render(
        "patroni.yml.j2",
        host=host,
        members=service.members,
        settings=site.inventory.about_the("postgresql").settings.of(PostgresqlSettings),
        network=site.inventory.settings.private_network,
        secret=lambda name: secrets.secret("postgresql", name),
    )
    image = site.inventory.image("patroni")
    container = Container(
        "patroni",
        image,
        "patroni /etc/patroni/patroni.yml",
        (("/etc/hadrill/patroni", "/etc/patroni:ro"), (DATA, "/var/lib/postgresql")),
        stop_seconds=60,
    )
    return Desired(
        directories=(
            Directory("/etc/hadrill", 0o700),
            Directory("/etc/hadrill/patroni"),
            Directory(DATA, 0o755, once=True),
            # PostgreSQL refuses a data directory that others may enter ("start failed").
            Directory(f"{DATA}/data", 0o700, create=False),
        ),
        files=(File(CONFIGURATION, configuration, SECRET, reader=Reader(image, "postgres")),),
        units=(container.unit(CONFIGURATION),),
    )


def _configure(site: Site, service: Postgresql) -> None:
    """Dynamic configuration, the suite's and PgBouncer's roles, the suite's database with pgvector."""
    leader = service.leader()
    settings = site.inventory.about_the("postgresql").settings.of(PostgresqlSettings).model_dump()
    live = service.dynamic_configuration(leader)
    if changes := {name: value for name, value in settings.items() if live.get(name) != value}:
        site.record("PostgreSQL", f"dynamic configuration {changes}")
        if not site.check:
            service.change_dynamic_configuration(leader, changes)
    with closing(service.connect(leader.address, user="postgres", database="postgres")) as connection:
        for role, name in ((USER, "HADRILL_PASSWORD"), ("pgbouncer", "PGBOUNCER_PASSWORD")):
            _ensure_role(site, connection, role, site.inventory.credentials.secret("postgresql", name))
        if not _exists(connection, "SELECT 1 WHERE pg_has_role(%s, 'pg_monitor', 'member')", USER):
            site.record("PostgreSQL", f"{USER} may see the state of replication (pg_monitor)")
            if not site.check:
                connection.execute(f"GRANT pg_monitor TO {USER}")
        if not _exists(connection, "SELECT 1 FROM pg_proc WHERE proname = 'user_lookup'"):
            site.record("PostgreSQL", "PgBouncer's user lookup")
            if not site.check:
                connection.execute(LOOKUP)
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            site.record("PostgreSQL", f"database {DATABASE}")
            if site.check:
                return
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {USER}")
    with closing(service.connect(leader.address, user="postgres")) as connection:
        if not _exists(connection, "SELECT 1 FROM pg_extension WHERE extname = 'vector'"):
            site.record("PostgreSQL", "extension vector")
            if not site.check:
                connection.execute("CREATE EXTENSION vector")


def _ensure_role(site: Site, connection: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    """A role that may log in with its password; a password that differs is set anew."""
    host, port = connection.info.host, connection.info.port
    try:
        with closing(psycopg.connect(host=host, port=port, user=role, password=password, dbname="postgres")):
            return
    except psycopg.OperationalError:
        site.record("PostgreSQL", f"role {role}")
    if not site.check:
        verb = "ALTER" if _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role) else "CREATE"
        command = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}")
        connection.execute(command.format(sql.Identifier(role), sql.Literal(_scram(connection, role, password))))


def _scram(connection: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> str:
    """The password's SCRAM secret, made here, so that the server's log never sees the password."""
    return connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()


def _exists(connection: psycopg.Connection[tuple[object, ...]], query: str, *values: object) -> bool:
    return connection.execute(query, values or None).fetchone() is not None
