"""ProxySQL in front of Galera: its container, and its settings over its own administration protocol."""

from collections.abc import Sequence

import pymysql

from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Desired, Directory, File
from hadrill.install.rolling import bring_up, until_whole
from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host
from hadrill.on_host import program
from hadrill.remote import run_program
from hadrill.services.mariadb.service import PORT, USER, Mariadb
from hadrill.services.proxysql.administration import ADMIN, ADMIN_PORT, Administration, text

FOLDER = "/etc/hadrill/proxysql"
CONFIGURATION = f"{FOLDER}/proxysql.cnf"
DATA = "/var/lib/hadrill/proxysql"
LOCAL_ADMIN = "admin"
"""ProxySQL's own: it may only log in on the host itself."""
LOCAL = "127.0.0.1"
LOCAL_SECONDS = 10.0
ACCESS_DENIED = 1045
WRITER, BACKUP, READER, OFFLINE = 10, 20, 30, 9999
# Falling weights: the highest one writes, and the order in which the others follow is known.
HEAVIEST, STEP = 1000, 100
CREDENTIALS = "admin-admin_credentials"
INTERFACES = "mysql-interfaces"
Row = tuple[object, ...]
SAME_AT_RUN_TIME = ("mysql_galera_hostgroups", "mysql_query_rules")
"""Tables that are the same at run time. In others the monitor moves servers, or passwords are shown hashed."""
LOADS = {"mysql_users": "MYSQL USERS", "mysql_query_rules": "MYSQL QUERY RULES"}


def install(site: Site, service: Mariadb, hosts: Sequence[Host], desired: Desired) -> None:
    """Start ProxySQL on proxies, then bring its administrators and its tables to the wanted content."""
    units = site.apply(dict.fromkeys(hosts, desired))
    bring_up(site, units, lambda: hosts, lambda: answering(site, hosts), "ProxySQL")
    if site.check and any(of_host.stopped for of_host in units.values()):
        site.record("ProxySQL", "servers, users and rules, once it runs")
        return
    restart = []
    for host in hosts:
        if not admitted(site, host):
            continue
        with Administration(site.inventory, host) as administration:
            if _configure(site, service, host, administration):
                restart.append(host)
    for host in restart:
        # Its listeners are opened once, at its start.
        site.start(host, [container(site).unit_name], "restart")
        if not site.check:
            until_whole(lambda: answering(site, hosts), f"ProxySQL on {host} to be whole after its restart")


def answering(site: Site, hosts: Sequence[Host]) -> None:
    """Every proxy speaks on its administration port, whomever it lets in. Raises pymysql.Error."""
    for host in hosts:
        _logs_in(site, host)


def admitted(site: Site, host: Host) -> bool:
    """Whether this inventory's administrator may log in; where it does not exist it is made first.

    An older version's name was that of the applications' user, so nobody could log in over the network again.
    Raises InstallError where ProxySQL's own administrator is refused too.
    """
    if _logs_in(site, host):
        return True
    site.record(host, f"ProxySQL administrator {ADMIN}")
    if site.check:
        return False
    credentials = _put(
        site, host, _select(("variable_value",), f"global_variables WHERE variable_name = '{CREDENTIALS}'")
    )
    password = admin_password(site)
    kept = [part.partition(":") for part in str(credentials[0][0][0]).split(";")]
    # An administrator that is an application's user too would take its name away from the clients' port.
    others = [f"{name}:{secret}" for name, _, secret in kept if name not in ("", LOCAL_ADMIN, ADMIN, USER)]
    value = ";".join([f"{LOCAL_ADMIN}:{password}", f"{ADMIN}:{password}", *others])
    _put(
        site,
        host,
        _update(CREDENTIALS, value),
        "LOAD ADMIN VARIABLES TO RUNTIME",
        "SAVE ADMIN VARIABLES TO DISK",
        # Who is an administrator no longer is gone from the one list of names, also where it is an application's.
        "LOAD MYSQL USERS TO RUNTIME",
    )
    return True


def _logs_in(site: Site, host: Host) -> bool:
    try:
        Administration(site.inventory, host).close()
    except pymysql.OperationalError as error:
        if error.args[0] != ACCESS_DENIED:
            raise
        return False
    return True


def _put(site: Site, host: Host, *statements: str) -> list[list[list[str]]]:
    """What statements return to ProxySQL's own administrator, put on the host itself."""
    message = {
        "address": LOCAL,
        "port": ADMIN_PORT,
        "user": LOCAL_ADMIN,
        "password": admin_password(site),
        "statements": statements,
        "seconds": LOCAL_SECONDS,
    }
    answer = run_program(site.remote, host, program("proxysql_admin"), message, 2 * LOCAL_SECONDS)
    if answer["error"]:
        raise InstallError(
            f"{host}: ProxySQL refuses its administrators {ADMIN} over the network and {LOCAL_ADMIN} on the host:"
            f" {answer['error']}. Its administrators are in {DATA}/proxysql.db, with the password of the day when that"
            " was made; proxysql.cnf is read only while there is none. Give ADMIN_PASSWORD in credentials/proxysql.env"
            f" that password, or stop {container(site).unit_name}, move proxysql.db away, and run this again: all that"
            " an inventory says is then installed anew, and what others added to its tables is lost"
        )
    rows: list[list[list[str]]] = answer["rows"]
    return rows


def admin_password(site: Site) -> str:
    """The administrators' password. Raises InstallError where it cannot be written for ProxySQL."""
    password = site.inventory.credentials.secret("proxysql", "ADMIN_PASSWORD")
    if set(password) & set(";\\"):
        raise InstallError(
            "ADMIN_PASSWORD in credentials/proxysql.env has a semicolon or a backslash: ProxySQL separates its"
            " administrators by the one, and its configuration file quotes with the other; choose another password"
        )
    return password


def container(site: Site) -> Container:
    """ProxySQL in the foreground: as a daemon its worker would outlive the process that the engine knows."""
    return Container(
        "proxysql",
        site.inventory.image("proxysql"),
        f"-f --no-version-check -c {CONFIGURATION.replace(FOLDER, '/etc/proxysql')}",
        ((FOLDER, "/etc/proxysql:ro"), (DATA, "/var/lib/proxysql")),
        # Some images start it by themselves, with options of their own.
        options="--entrypoint proxysql",
        stop_seconds=10,
    )


def desired(site: Site) -> Desired:
    """ProxySQL on one host. Its file is read while there is no proxysql.db; then everything goes over its protocol."""
    configuration = site.render(
        "proxysql.cnf.j2",
        bind=site.inventory.settings.bound("proxysql"),
        local_admin=LOCAL_ADMIN,
        admin=ADMIN,
        password=admin_password(site),
    )
    folders = (Directory("/etc/hadrill", 0o700), Directory(FOLDER), Directory(DATA, 0o755, once=True))
    # A change of the file is no reason to start again: it would not be read.
    return Desired(folders, (File(CONFIGURATION, configuration, SECRET),), units=(container(site).unit(),))


def tables(service: Mariadb, secret_of_user: str) -> dict[str, tuple[tuple[str, ...], list[Row]]]:
    """Wanted content of ProxySQL's tables: columns and rows of each."""
    servers: list[Row] = [
        (WRITER if index == 0 else BACKUP, host.address, PORT, HEAVIEST - STEP * index)
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


def variables(site: Site) -> dict[str, str]:
    """Wanted global variables: where clients connect, and who watches Galera, and how often (milliseconds)."""
    return {
        INTERFACES: f"{site.inventory.settings.bound('proxysql')}:{PORT}",
        "mysql-monitor_enabled": "true",
        "mysql-monitor_username": "monitor",
        "mysql-monitor_password": site.inventory.credentials.secret("proxysql", "MONITOR_PASSWORD"),
        "mysql-monitor_galera_healthcheck_interval": "1000",
    }


def _configure(site: Site, service: Mariadb, host: Host, administration: Administration) -> bool:
    """Bring tables and variables to the wanted content. Returns whether it must start again for that."""
    secret = site.inventory.credentials.secret("mariadb", "HADRILL_PASSWORD")
    for table, (columns, rows) in tables(service, secret).items():
        expected = sorted(tuple(map(str, row)) for row in rows)
        places = (table, f"runtime_{table}") if table in SAME_AT_RUN_TIME else (table,)
        if any(sorted(administration.rows(_select(columns, place))) != expected for place in places):
            site.record(host, f"ProxySQL {table}")
            if not site.check:
                _replace(administration, table, columns, rows)
    columns = ("variable_name", "variable_value")
    known = {
        row for layer in ("", "runtime_") for row in administration.rows(_select(columns, f"{layer}global_variables"))
    }
    changed = {
        name: value
        for name, value in variables(site).items()
        if {row for row in known if row[0] == name} != {(name, value)}
    }
    for name in changed:
        site.record(host, f"ProxySQL {name}")
    if changed and not site.check:
        interfaces = changed.pop(INTERFACES, "")
        _set(administration, changed)
        administration.rows("LOAD MYSQL VARIABLES TO RUNTIME")
        # Loading would take this one back: listeners are opened once, at the start, from what is on the disk.
        _set(administration, {INTERFACES: interfaces} if interfaces else {})
        administration.rows("SAVE MYSQL VARIABLES TO DISK")
        return bool(interfaces)
    return INTERFACES in changed


def _select(columns: tuple[str, ...], table: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - constant names


def _set(administration: Administration, values: dict[str, str]) -> None:
    for name, value in values.items():
        administration.rows(_update(name, value))


def _update(name: str, value: str) -> str:
    return f"UPDATE global_variables SET variable_value = {text(value)} WHERE variable_name = {text(name)}"  # noqa: S608 - quoted


def _replace(administration: Administration, table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    administration.rows(f"DELETE FROM {table}")  # noqa: S608 - constant names
    for row in rows:
        values = ", ".join(map(text, row))
        administration.rows(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})")  # noqa: S608 - quoted
    what = LOADS.get(table, "MYSQL SERVERS")
    administration.rows(f"LOAD {what} TO RUNTIME")
    administration.rows(f"SAVE {what} TO DISK")
