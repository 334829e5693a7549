"""The proxy hosts: HAProxy with a section of each service that is behind it, and what services want beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Desired, Directory, File
from hadrill.install.rolling import bring_up
from hadrill.install.site import Site
from hadrill.inventory import Host, Inventory
from hadrill.remote.from_here import try_port
from hadrill.services import registry
from hadrill.services.clusters import present
from hadrill.services.finding import Finding, require
from hadrill.services.service import BALANCERS, Front

ROLE = "haproxy"
HAPROXY = "/etc/hadrill/haproxy/haproxy.cfg"
SOCKET_DIRECTORY = "/run/hadrill/haproxy"
LISTEN_SECONDS = 2.0


@dataclass(frozen=True)
class Beside:
    """What a service wants on each proxy host, and commands to run when HAProxy has started."""

    desired: Desired
    after_start: tuple[str, ...] = field(default=())


def install(site: Site) -> None:
    """Install the proxies, one after the other where they must restart."""
    hosts = site.inventory.of_role(ROLE)
    units = site.apply({host: desired(site, host) for host in hosts})
    bring_up(site, units, lambda: hosts, lambda: listening(site.inventory), "HAProxy and what is beside it")


def desired(site: Site, host: Host) -> Desired:
    """What is on a proxy: every backend that the inventory has, whatever was installed already."""
    beside: list[Beside] = [registry.load(front.beside)(site, host) for front in fronts(site.inventory) if front.beside]
    after_start = tuple(command for part in beside for command in part.after_start)
    parts = [part.desired for part in beside]
    return Desired(
        directories=(
            Directory("/etc/hadrill", 0o700),
            Directory("/etc/hadrill/haproxy"),
            *(directory for part in parts for directory in part.directories),
        ),
        files=(File(HAPROXY, configuration(site), SECRET), *(file for part in parts for file in part.files)),
        units=(
            _container(site.inventory, after_start).unit(HAPROXY),
            *(unit for part in parts for unit in part.units),
        ),
    )


def fronts(inventory: Inventory) -> Iterator[Front]:
    """What the inventory's services have on the proxies, in the services' order."""
    for known in registry.services():
        if present(inventory, known.name):
            yield from (front for front in known.fronts if front.role == ROLE)


def configuration(site: Site) -> str:
    """HAProxy's configuration."""
    sections = [registry.load(front.section)(site) for front in fronts(site.inventory) if front.section]
    return site.render("haproxy.cfg.j2", sections=sections)


def listening(inventory: Inventory) -> None:
    """Every proxy takes connections on its clients' ports. Raises CheckFailedError."""
    ports = [port.number for front in fronts(inventory) for port in front.ports if BALANCERS in port.sources]
    findings = []
    for host in inventory.of_role(ROLE):
        for port in ports:
            try:
                try_port(host.address, port, LISTEN_SECONDS)
            except OSError as error:
                findings.append(
                    Finding(host.name, f"port {port} open", str(error), "the proxy is starting, or stopped")
                )
    require(findings)


def _container(inventory: Inventory, after_start: tuple[str, ...]) -> Container:
    mounts = (("/etc/hadrill/haproxy", "/usr/local/etc/haproxy:ro"), (SOCKET_DIRECTORY, "/run/haproxy"))
    return Container(
        "haproxy",
        inventory.image("haproxy"),
        "haproxy -W -db -f /usr/local/etc/haproxy/haproxy.cfg",
        mounts,
        options="--user 0:0",
        before=(f"/bin/mkdir -p {SOCKET_DIRECTORY}", f"/bin/rm -f {SOCKET_DIRECTORY}/admin.sock"),
        after_start=after_start,
        stop_seconds=5,
    )
