"""Module 7, MariaDB Galera: the cluster is bootstrapped once, and never again by a restart."""

import json
from contextlib import closing
from typing import Any

from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Desired, Directory, File, Reader, Units
from hadrill.install.rolling import bring_up, until_whole
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.on_host import program
from hadrill.remote import reading
from hadrill.services.asking import failures
from hadrill.services.errors import NoLeaderError
from hadrill.services.mariadb import checks
from hadrill.services.mariadb.service import DATABASE, USER, Mariadb
from hadrill.timing import Deadline, OverdueError, eventually

CONFIGURATION = "/etc/hadrill/mariadb/galera.cnf"
ENVIRONMENT = "/etc/hadrill/mariadb/mariadb.env"
START_SETTINGS = "/etc/hadrill/mariadb/start.json"
UNIT = "hadrill-mariadb.service"
START = "/usr/local/lib/hadrill/galera-start"
ONCE = "/run/hadrill/mariadb.once"
OPTIONS = "/run/hadrill/mariadb.options"
DATA = "/var/lib/hadrill/mariadb"
CHECK_USER = "hadrill_check"
RECOVERY_SECONDS = 60.0
"""Longest wait for nodes that run to find each other again, as after a power cut: only then is a new start safe."""
SST_GRANTS = "RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR, REPLICA MONITOR"


def install(site: Site) -> None:
    """Bring the nodes up, the first one alone where there is no cluster yet, then make users and the database."""
    service = Mariadb(site.inventory)
    if not service.members:
        return
    units = site.apply({host: desired(site, service, host) for host in service.members})
    if not _primary(service) and not _recovers(service, units):
        units = _begin(site, service, units)
    # An installation may have ended before it made the users: without them no other node gets its data.
    ready = _ready(service)
    if ready:
        _configure(site, service, ready[0])
    bring_up(site, units, lambda: service.members, lambda: _whole(service), "MariaDB Galera")
    if ready:
        return
    if any(of_host.stopped for of_host in units.values()) and site.check:
        site.record("MariaDB", "users and database, once it runs")
    else:
        _configure(site, service, service.members[0])


def desired(site: Site, service: Mariadb, host: Host) -> Desired:
    """MariaDB on one node."""
    secret = site.inventory.credentials.secret
    configuration = site.render(
        "galera.cnf.j2", host=host, members=service.members, secret=lambda name: secret("mariadb", name)
    )
    image = site.inventory.image("mariadb")
    # Without TLS, for which each start makes a new key: more than all the rest of it takes.
    mounts = f"-v {DATA}:/var/lib/mysql -v {CONFIGURATION}:/etc/mysql/conf.d/galera.cnf:ro"
    recover = f"docker run --rm --network none {mounts} {image} mariadbd --wsrep-recover --skip-ssl"
    start = {
        "peers": [peer.address for peer in service.members if peer != host],
        "data": DATA,
        "once": ONCE,
        "options": OPTIONS,
        "recover": recover.split(),
    }
    container = Container(
        "mariadb",
        image,
        "mariadbd $OPTIONS",
        (("/etc/hadrill/mariadb/galera.cnf", "/etc/mysql/conf.d/galera.cnf:ro"), (DATA, "/var/lib/mysql")),
        environment_file=ENVIRONMENT,
        stop_seconds=60,
        before=(START,),
        after_start=(f"/bin/rm -f {ONCE}",),
        service_lines=(f"EnvironmentFile=-{OPTIONS}",),
    )
    return Desired(
        directories=(
            Directory("/etc/hadrill", 0o700),
            Directory("/etc/hadrill/mariadb"),
            Directory(DATA, 0o755, once=True),
        ),
        files=(
            File(CONFIGURATION, configuration, SECRET, reader=Reader(image, "mysql")),
            File(ENVIRONMENT, f"MARIADB_ROOT_PASSWORD={secret('mariadb', 'MARIADB_ROOT_PASSWORD')}\n", SECRET),
            File(START_SETTINGS, json.dumps(start, indent=1) + "\n"),
            File(START, program("galera_start"), 0o755),
        ),
        units=(container.unit(CONFIGURATION, ENVIRONMENT),),
    )


def _primary(service: Mariadb) -> list[Host]:
    """Nodes that are part of a primary component."""
    return _having(service, "wsrep_cluster_status", "Primary")


def _ready(service: Mariadb) -> list[Host]:
    """Nodes that take statements. One becomes so a moment after it is part of a primary component."""
    return _having(service, "wsrep_ready", "ON")


def _having(service: Mariadb, name: str, value: str) -> list[Host]:
    nodes = []
    for host in service.members:
        try:
            if service.wsrep(host, "root").get(name) == value:
                nodes.append(host)
        except failures():
            continue
    return nodes


def _recovers(service: Mariadb, units: dict[Host, Units]) -> bool:
    """Whether nodes that already run form a primary component by themselves; a second one beside it would fork."""
    running = [host.name for host, of_host in units.items() if not of_host.stopped]
    if not running:
        return False

    def apart() -> str | None:
        return None if _primary(service) else f"{', '.join(running)} run, none is part of a primary component"

    try:
        eventually("a primary component of Galera", apart, Deadline(RECOVERY_SECONDS))
    except OverdueError:
        return False
    return True


def _begin(site: Site, service: Mariadb, units: dict[Host, Units]) -> dict[Host, Units]:
    """Start the cluster from the node with the newest data (the first one where none has any). Returns what is left."""
    if site.check:
        site.record("MariaDB", "bootstrap the cluster from the node with the newest data")
        return units
    first = _newest(site, service)
    site.record(first, "bootstrap the cluster")
    site.remote.run(first, f"mkdir -p /run/hadrill && touch {ONCE}")
    # After an unclean end Galera itself marks no node as safe to begin from.
    site.remote.run(
        first,
        f"! test -f {DATA}/grastate.dat || sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 1/' {DATA}/grastate.dat",
    )
    verb = "restart" if not units[first].stopped else "start"
    site.start(first, [UNIT], verb)

    def leads() -> None:
        if first not in _primary(service) or first not in _ready(service):
            raise NoLeaderError(f"{first} is not primary yet, or takes no statements yet")

    until_whole(leads, f"the first node of the cluster on {first}")
    return {host: Units((UNIT,), ()) for host in units if host != first}


def _newest(site: Site, service: Mariadb) -> Host:
    """The node whose data is newest: the one that left last, else the highest sequence number that it recovers."""
    states = site.everywhere(service.members, lambda host: site.remote.attempt(host, f"cat {DATA}/grastate.dat").stdout)
    for host, state in states.items():
        if "safe_to_bootstrap: 1" in state:
            return host
    if not any(states.values()):
        return service.members[0]

    def position(host: Host) -> int:
        if not states[host]:
            return -2
        printed = site.remote.run(host, f"systemctl stop {UNIT} && {START} --position").stdout
        with reading(host):
            return int(printed.split(":")[-1])

    positions = site.everywhere(service.members, position)
    return max(service.members, key=lambda host: positions[host])


def _configure(site: Site, service: Mariadb, host: Host) -> None:
    """The users of state transfers, of the proxy's check and of the suite; and the suite's database."""
    secret = site.inventory.credentials.secret
    users = [
        ("sst", "localhost", secret("mariadb", "SST_PASSWORD"), f"GRANT {SST_GRANTS} ON *.*"),
        (USER, "%", secret("mariadb", "HADRILL_PASSWORD"), f"GRANT ALL ON {DATABASE}.*"),
        *[(CHECK_USER, proxy.address, "", "GRANT USAGE ON *.*") for proxy in service.proxies],
        ("monitor", "%", secret("proxysql", "MONITOR_PASSWORD"), "GRANT USAGE ON *.*"),
    ]
    with (
        closing(service.connect(host.address, user="root", database=None)) as connection,
        connection.cursor() as cursor,
    ):
        if not _exists(cursor, "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", DATABASE):
            site.record("MariaDB", f"database {DATABASE}")
            if not site.check:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
        for user, where, password, grant in users:
            known = _exists(
                cursor,
                "SELECT 1 FROM mysql.user WHERE user = %s AND host = %s AND password = PASSWORD(%s)",
                user,
                where,
                password,
            )
            if not known:
                site.record("MariaDB", f"user {user}@{where}")
                if not site.check:
                    cursor.execute("CREATE OR REPLACE USER %s@%s IDENTIFIED BY %s", (user, where, password))
                    cursor.execute(f"{grant} TO %s@%s", (user, where))


def _exists(cursor: Any, query: str, *values: str) -> bool:
    cursor.execute(query, values)
    return cursor.fetchone() is not None


def _whole(service: Mariadb) -> None:
    checks.cluster(service)
