"""Module 8, the SQL proxy in front of Galera: ProxySQL, or HAProxy where settings.yaml says so."""

from dataclasses import replace

from hadrill.install import proxysql
from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Absent, Desired, Directory, File
from hadrill.install.mariadb import CHECK_USER
from hadrill.install.proxies import SOCKET_DIRECTORY
from hadrill.install.rolling import bring_up
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.on_host.proxysql_admin import QUERY as COM_QUERY
from hadrill.on_host.proxysql_admin import login_request
from hadrill.remote import shell
from hadrill.remote.from_here import try_port
from hadrill.services.finding import Finding, require
from hadrill.services.mariadb.service import PORT, Mariadb

FOLDER = "/etc/hadrill/haproxy"
CONFIGURATION = f"{FOLDER}/haproxy.cfg"
UNITS = "/etc/systemd/system"
HAPROXY = Absent("hadrill-sql-proxy.service", (FOLDER, SOCKET_DIRECTORY))
PROXYSQL = Absent("hadrill-proxysql.service", (proxysql.FOLDER,))
"""ProxySQL's unit and folder, which go where HAProxy is used. Its data stay: somebody else's rules may be there."""
LISTEN_SECONDS = 2.0
# The column has a name of its own, so that the answer holds the word only where the node is synced.
QUERY = (
    "SELECT IF(VARIABLE_VALUE = 4, CONCAT('galera-', 'synced'), 'away') AS state"
    " FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'WSREP_LOCAL_STATE'"
)


def install(site: Site) -> None:
    """The kind of proxy that the inventory asks for, and no other beside it.

    Both would share the clients' port, so the other kind goes first where it is. That is done host by host, each made
    whole before the next: clients go on through the one that is left.
    """
    service = Mariadb(site.inventory)
    other = HAPROXY if service.proxy_kind == "proxysql" else PROXYSQL
    ask = shell.command("test", "-e", f"{UNITS}/{other.unit}")
    there = site.everywhere(service.proxies, lambda host: site.remote.attempt(host, ask))
    changing = [host for host in service.proxies if there[host].status == 0]
    staying = tuple(host for host in service.proxies if host not in changing)
    for hosts in (*((host,) for host in changing), staying):
        if hosts and service.proxy_kind == "proxysql":
            proxysql.install(site, service, hosts, replace(proxysql.desired(site), absent=(other,)))
        elif hosts:
            install_haproxy(site, hosts, replace(desired(site, service), absent=(other,)))


def install_haproxy(site: Site, hosts: tuple[Host, ...], desired_state: Desired) -> None:
    """HAProxy on proxies, one after the other where it must restart."""
    units = site.apply(dict.fromkeys(hosts, desired_state))
    bring_up(site, units, lambda: hosts, lambda: listening(hosts), "the SQL proxies")


def desired(site: Site, service: Mariadb) -> Desired:
    """HAProxy with a check that asks Galera, on one proxy."""
    configuration = site.render(
        "sql-proxy.cfg.j2",
        bind=site.inventory.settings.bound("proxysql"),
        members=service.members,
        login=packet(1, login_request(CHECK_USER)),
        query=packet(0, COM_QUERY + QUERY.encode()),
    )
    mounts = ((FOLDER, "/usr/local/etc/haproxy:ro"), (SOCKET_DIRECTORY, "/run/haproxy"))
    container = Container(
        "sql-proxy",
        site.inventory.image("haproxy"),
        "haproxy -W -db -f /usr/local/etc/haproxy/haproxy.cfg",
        mounts,
        options="--user 0:0",
        before=(f"/bin/mkdir -p {SOCKET_DIRECTORY}", f"/bin/rm -f {SOCKET_DIRECTORY}/admin.sock"),
        stop_seconds=5,
    )
    folders = (Directory("/etc/hadrill", 0o700), Directory(FOLDER))
    return Desired(folders, (File(CONFIGURATION, configuration, SECRET),), units=(container.unit(CONFIGURATION),))


def listening(hosts: tuple[Host, ...]) -> None:
    """Every SQL proxy takes connections. Raises CheckFailedError."""
    findings = []
    for host in hosts:
        try:
            try_port(host.address, PORT, LISTEN_SECONDS)
        except OSError as error:
            findings.append(Finding(host.name, f"port {PORT} open", str(error), "the proxy is starting, or stopped"))
    require(findings)


def packet(sequence: int, payload: bytes) -> str:
    """A packet of MySQL's protocol (length, sequence number, payload) as the hexadecimal that HAProxy sends."""
    return (len(payload).to_bytes(3, "little") + bytes([sequence]) + payload).hex()
