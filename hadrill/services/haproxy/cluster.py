"""The proxies as targets of their own: clients go on through the other one."""

from collections.abc import Sequence
from typing import ClassVar

from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.client_parts import TURN, hang
from hadrill.services.cluster import Cluster, Probe, Watch
from hadrill.services.haproxy.statistics import STATISTICS_PORT, probe
from hadrill.services.postgresql.cluster import PostgresqlCluster
from hadrill.services.redis.cluster import RedisCluster
from hadrill.timing import Budget, Part, budget
from hadrill.workload import History, Invariant, Lane, Operation

SHUTDOWN_SECONDS = 1.0


class ProxyCluster(Cluster):
    """Proxies behind a load balancer, with the services that clients reach through them."""

    role_of_hosts: str
    statistics_port: int
    roles = ("proxy", "proxy")
    exempt: ClassVar[dict[Invariant, str]] = {
        Invariant.ONE_LEADER: "the services behind have leaders of their own",
        Invariant.OTHERS_DATA: "proxies hold no data",
    }
    drawn: ClassVar[dict[str, tuple[str, ...]]] = {"": ("container-kill", "container-stop", "power-off")}
    hand_over_note = "the load balancer uses all proxies"

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.inner = tuple(service(inventory, remote) for service in self.behind)
        self.rate_share = 1 / len(self.inner)
        self._behind: dict[str, Cluster] = {}

    @property
    def members(self) -> tuple[Host, ...]:
        """The proxies."""
        return self.inventory.of_role(self.role_of_hosts)

    @property
    def shared(self) -> tuple[Host, ...]:
        """The services' own hosts: nobody may break them meanwhile."""
        return tuple(host for cluster in self.inner for host in cluster.members)

    @property
    def majority(self) -> int:
        """One proxy is enough."""
        return 1

    def probe(self, host: Host) -> Probe:
        """Its statistics page."""
        return probe(host, self.statistics_port)

    def leader(self) -> Host:
        """Any; they are equal."""
        return self.members[0]

    def role(self, host: Host) -> str:
        """All are equal."""
        return self.roles[0]

    def unhealthy(self) -> str | None:
        """The services behind are whole, which includes that every proxy agrees."""
        return next((reason for cluster in self.inner if (reason := cluster.unhealthy()) is not None), None)

    def watches(self) -> Sequence[Watch]:
        """The load balancer has no events; the services behind may have."""
        return []

    def prepare(self, drill: str, leader: Host | None) -> None:
        """Each service's own place."""
        for cluster in self.inner:
            cluster.prepare(drill, None)

    def lanes(self, drill: str) -> Sequence[Lane]:
        """All lanes of the services."""
        found = [(lane, cluster) for cluster in self.inner for lane in cluster.lanes(drill)]
        self._behind = {lane.name: cluster for lane, cluster in found}
        return [lane for lane, _ in found]

    def shown_by(self, read: Operation) -> str:
        """The service behind, and what it says."""
        cluster = self._behind[read.lane]
        return f"{cluster.service} {cluster.shown_by(read)}"

    def read_back_order(self) -> tuple[Host, ...]:
        """Members of the services behind."""
        return self.shared

    def found(self, host: Host, drill: str, acknowledged: set[str], history: History) -> set[str]:
        """What a member of one service has; keys of the others do not concern it."""
        cluster = next(each for each in self.inner if host in each.members)
        lanes = {lane.name for lane in cluster.lanes(drill)}
        own = {each.key for each in history.operations() if each.lane in lanes} & acknowledged
        return cluster.found(host, drill, own, history) | (acknowledged - own)

    def clean(self, drill: str) -> None:
        """Each service's own place."""
        for cluster in self.inner:
            cluster.clean(drill)

    def budget(self, kind: Kind, role: str, settings: dict[str, str] | None = None) -> Budget:
        """From the load balancer's checks (settings.yaml)."""
        port = self.inner[0].port_of("")
        balancer = self.inventory.entry_point(port)
        check = balancer.check
        parts = [
            Part(
                "balancer",
                check.interval * check.retries + check.timeout,
                f"{balancer.name}: interval, retries, timeout",
            )
        ]
        if kind is Kind.STOP:
            parts.append(Part("shutdown", SHUTDOWN_SECONDS, "its connections end"))
        return budget([*parts, TURN, hang(kind)], self.multiplier)

    def port_of(self, role: str) -> int:
        """That of the first service."""
        return self.inner[0].port_of(role)

    def unavailable(self, fault: str, role: str) -> str:
        """Proxies keep no port open to one another, by which a cut could be proved."""
        return "proxies have no peers to be cut off from" if fault.startswith(("isolate", "cut-", "reject")) else ""


class HaproxyCluster(ProxyCluster):
    """HAProxy and PgBouncer, with PostgreSQL and Redis behind them."""

    service = "haproxy"
    role_of_hosts = "haproxy"
    statistics_port = STATISTICS_PORT
    peer_port = STATISTICS_PORT
    behind = (PostgresqlCluster, RedisCluster)
