"""The inventory as a whole."""

from dataclasses import dataclass
from pathlib import Path

from hadrill.inventory.credentials import Credentials, read_credentials
from hadrill.inventory.document import read_document
from hadrill.inventory.host import Host
from hadrill.inventory.login import Login, Logins
from hadrill.inventory.problem import InvalidInventoryError, NotInInventoryError, Problem
from hadrill.inventory.profile import of_profile, read_profile
from hadrill.inventory.rules import absent_roles, broken_network_rules, broken_rules, doubtful_sizes
from hadrill.inventory.servers import read_servers
from hadrill.inventory.settings import LoadBalancer, Settings, read_settings
from hadrill.inventory.versions import Versions
from hadrill.services.service import RUNNER


@dataclass(frozen=True)
class Inventory:
    """Hosts, versions, settings and credentials that fit together."""

    folder: Path
    hosts: tuple[Host, ...]
    versions: Versions
    settings: Settings
    credentials: Credentials
    warnings: tuple[Problem, ...] = ()
    """What is allowed, and probably not what was meant."""

    def of_role(self, role: str) -> tuple[Host, ...]:
        """Hosts of a role, in the order of servers.tsv."""
        return tuple(host for host in self.hosts if role in host.roles)

    @property
    def managed(self) -> tuple[Host, ...]:
        """Hosts that are installed and tested: all but the runner, which is never changed."""
        return tuple(host for host in self.hosts if RUNNER not in host.roles)

    @property
    def roles(self) -> frozenset[str]:
        """Roles that at least one host plays."""
        return frozenset(role for host in self.hosts for role in host.roles)

    def host(self, name: str) -> Host:
        """The host of that name; NotInInventoryError names those that exist."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise NotInInventoryError(
            f"no host {name!r} in {self.folder}: there are {', '.join(h.name for h in self.hosts)}"
        )

    def entry_point(self, port: int) -> LoadBalancer:
        """The private load balancer that passes a port on; NotInInventoryError says how to add one."""
        for balancer in self.settings.load_balancers:
            if balancer.scope == "private" and port in balancer.ports:
                return balancer
        where = f"no private load balancer in {self.folder}/settings.yaml"
        raise NotInInventoryError(f"{where} has port {port}: add it to `ports`")

    def login(self, host: Host) -> Login:
        """How to log in on a host. Raises SshConfigError."""
        return Logins(self.folder, self.settings.ssh, self.hosts).of(host)

    def behind(self, host: Host) -> tuple[Host, ...]:
        """Hosts that are logged in to through this one. Raises SshConfigError."""
        return tuple(h for h in self.managed if host.address in {hop.address for hop in self.login(h).jump})

    def path(self, path: Path) -> Path:
        """A path of settings.yaml: `~` is the user's home, a relative one starts at the inventory's folder."""
        return self.folder / path.expanduser()

    def image(self, component: str) -> str:
        """The pinned image of a component."""
        return self.versions.images[component]


def read(folder: Path, profile: str | None = None) -> Inventory:
    """Read and validate an inventory's folder. Raises InvalidInventoryError with every mistake at once.

    All of it is validated; what is returned are the hosts and load balancers of the profile: the given one, the one
    that the file `profile` names, or the one of settings.yaml.
    """
    problems: list[Problem] = []
    if not folder.is_dir():
        remedy = "Give the folder with servers.tsv, versions.yaml, settings.yaml and credentials/ as --inventory DIR."
        raise InvalidInventoryError([Problem(folder, 0, 0, "is not a folder", remedy)])
    servers = folder / "servers.tsv"
    rows = read_servers(servers, problems)
    hosts = rows.hosts
    settings = read_settings(folder / "settings.yaml", problems)
    versions = read_document(folder / "versions.yaml", Versions, problems)
    problems.extend(broken_rules(servers, hosts))
    chosen = hosts
    if settings is not None and hosts:
        problems.extend(broken_network_rules(servers, folder / "settings.yaml", hosts, settings))
        chosen = of_profile(hosts, profile or read_profile(folder, settings.profile, problems))
    # Who is not there may stand in a row that is left out.
    if rows.complete:
        problems.extend(absent_roles(servers, folder / "settings.yaml", hosts, settings))
    roles = {role for host in chosen for role in host.roles}
    if versions is not None:
        problems.extend(versions.problems(folder / "versions.yaml", roles, settings))
    credentials = read_credentials(folder / "credentials", roles, problems)
    if problems or settings is None or versions is None:
        raise InvalidInventoryError(problems)
    present = tuple(b for b in settings.load_balancers if roles & set(b.targets))
    settings = settings.model_copy(update={"load_balancers": present})
    warnings = tuple(doubtful_sizes(servers, chosen))
    return Inventory(folder, chosen, versions, settings, credentials, warnings)
