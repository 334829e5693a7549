"""ProxySQL in front of Galera: its container, and its settings over its own administration protocol."""

from contextlib import closing
from typing import Any

import pymysql

from hadrill.install.container import Container
from hadrill.install.desired import Desired, Directory, File
from hadrill.install.rolling import bring_up, until_whole
from hadrill.install.site import Site
from hadrill.inventory import Host, Role
from hadrill.services.mariadb.service import USER, Mariadb

CONFIGURATION = "/etc/hadrill/proxysql/proxysql.cnf"
DATA = "/var/lib/hadrill/proxysql"
ADMIN_PORT = 6032
# The user `admin` may only log in on the host itself; this one administers over the network.
ADMIN = "hadrill"
ADMIN_SECONDS = 4.0
WRITER, BACKUP, READER, OFFLINE = 10, 20, 30, 9999
# Falling weights: the highest one writes, and the order in which the others follow is known.
WEIGHTS = (1000, 900, 800)
Row = tuple[object, ...]


def install(site: Site, service: Mariadb) -> None:
    """Start ProxySQL on every proxy, then bring its tables to the wanted content."""
    units = site.apply({host: desired(site) for host in service.proxies})

    def answering() -> None:
        for host in service.proxies:
            _connect(site, host).close()

    bring_up(site, units, lambda: service.proxies, answering, "ProxySQL")
    if site.check and any(of_host.stopped for of_host in units.values()):
        site.record("ProxySQL", "servers, users and rules, once it runs")
        return
    until_whole(answering, "ProxySQL's administration port")
    for host in service.proxies:
        _configure(site, service, host)


def desired(site: Site) -> Desired:
    """ProxySQL on one host. Its file is read at the first start only; everything else goes over its protocol."""
    container = Container(
        "proxysql",
        site.inventory.image("proxysql"),
        "proxysql -f --no-version-check -c /etc/proxysql/proxysql.cnf",
        (("/etc/hadrill/proxysql", "/etc/proxysql:ro"), (DATA, "/var/lib/proxysql")),
        stop_seconds=10,
    )
    password = site.inventory.credentials.secret(Role.PROXYSQL, "ADMIN_PASSWORD")
    configuration = site.render(
        "proxysql.cnf.j2", bind=site.inventory.settings.bind.proxysql, admin=ADMIN, password=password
    )
    folders = (Directory("/etc/hadrill", 0o700), Directory("/etc/hadrill/proxysql"), Directory(DATA, 0o755, once=True))
    return Desired(folders, (File(CONFIGURATION, configuration),), units=(container.unit(CONFIGURATION),))


def tables(service: Mariadb, secret_of_user: str) -> dict[str, tuple[tuple[str, ...], list[Row]]]:
    """Wanted content of ProxySQL's tables: columns and rows of each."""
    servers: list[Row] = [
        (WRITER if index == 0 else BACKUP, host.address, 3306, WEIGHTS[index])
        for index, host in enumerate(service.members)
    ]
    return {
        "mysql_galera_hostgroups": (
            (
                "writer_hostgroup",
                "backup_writer_hostgroup",
                "reader_hostgroup",
                "offline_hostgroup",
                "active",
                "max_writers",
                "writer_is_also_reader",
                "max_transactions_behind",
            ),
            # 2: backup writers read too; with 0 the reader group may be empty, and reads fail.
            [(WRITER, BACKUP, READER, OFFLINE, 1, 1, 2, 100)],
        ),
        "mysql_servers": (("hostgroup_id", "hostname", "port", "weight"), servers),
        "mysql_users": (("username", "password", "default_hostgroup"), [(USER, secret_of_user, WRITER)]),
        "mysql_query_rules": (
            ("rule_id", "active", "match_digest", "destination_hostgroup", "apply"),
            [(1, 1, "^SELECT.*FOR UPDATE", WRITER, 1), (2, 1, "^SELECT", READER, 1)],
        ),
    }


def variables(monitor_password: str) -> dict[str, str]:
    """Wanted global variables: who watches Galera, and how often (milliseconds)."""
    return {
        "mysql-monitor_username": "monitor",
        "mysql-monitor_password": monitor_password,
        "mysql-monitor_galera_healthcheck_interval": "1000",
    }


def _configure(site: Site, service: Mariadb, host: Host) -> None:
    credentials = site.inventory.credentials
    with closing(_connect(site, host)) as connection, connection.cursor() as cursor:
        for table, (columns, rows) in tables(service, credentials.secret(Role.MARIADB, "HADRILL_PASSWORD")).items():
            cursor.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 - constant names
            if sorted(tuple(map(str, row)) for row in cursor.fetchall()) == sorted(
                tuple(map(str, row)) for row in rows
            ):
                continue
            site.record(host, f"ProxySQL {table}")
            if not site.check:
                _replace(cursor, table, columns, rows)
        cursor.execute("SELECT variable_name, variable_value FROM global_variables")
        live = dict(cursor.fetchall())
        for name, value in variables(credentials.secret(Role.PROXYSQL, "MONITOR_PASSWORD")).items():
            if str(live.get(name)) != value:
                site.record(host, f"ProxySQL {name}")
                if not site.check:
                    cursor.execute(f"SET {name} = %s", (value,))
                    cursor.execute("LOAD MYSQL VARIABLES TO RUNTIME")
                    cursor.execute("SAVE MYSQL VARIABLES TO DISK")


def _replace(cursor: Any, table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    loads = {"mysql_users": "MYSQL USERS", "mysql_query_rules": "MYSQL QUERY RULES"}
    cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - constant names
    for row in rows:
        places = ", ".join(["%s"] * len(columns))
        cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", row)  # noqa: S608
    what = loads.get(table, "MYSQL SERVERS")
    cursor.execute(f"LOAD {what} TO RUNTIME")
    cursor.execute(f"SAVE {what} TO DISK")


def _connect(site: Site, host: Host) -> Any:
    password = site.inventory.credentials.secret(Role.PROXYSQL, "ADMIN_PASSWORD")
    return pymysql.connect(
        host=host.address,
        port=ADMIN_PORT,
        user=ADMIN,
        password=password,
        autocommit=True,
        connect_timeout=ADMIN_SECONDS,
        read_timeout=ADMIN_SECONDS,
    )
