"""The proxies as targets of their own: clients go on through the other one."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory, NotInInventoryError, WayIn
from hadrill.remote import Remote
from hadrill.services import clusters, member_roles, registry
from hadrill.services.abilities import Electorate
from hadrill.services.client_parts import TURN, hang
from hadrill.services.cluster import Cluster, Traits
from hadrill.services.haproxy.statistics import STATISTICS_PORT, Proxies
from hadrill.services.member import Probe
from hadrill.services.place import Place, shown_by
from hadrill.timing import Budget, Part, budget
from hadrill.workload import History, Invariant, Lane, Operation

SHUTDOWN_SECONDS = 1.0
EXEMPT = {
    Invariant.ONE_LEADER: "the services behind have leaders of their own",
    Invariant.OTHERS_DATA: "proxies hold no data",
}
WHY_NO_SWITCHOVER = "the load balancer uses all proxies"


class ProxyCluster(Cluster):
    """Proxies behind a load balancer, with the services that clients reach through them."""

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        mine = {cluster.name for cluster in self.inventory.clusters_of(self.service)}
        self.inner = tuple(
            clusters.cluster_of(self.inventory, remote, name, cluster.name)
            for name in member_roles.behind(self.service)
            for cluster in self.inventory.clusters_of(name)
            if mine & set(cluster.fronts)
        )

    @property
    def members(self) -> tuple[Host, ...]:
        """The proxies."""
        return self.inventory.of_role(self.service)

    @property
    def shared(self) -> tuple[Host, ...]:
        """The services' own hosts: nobody may break them meanwhile."""
        return tuple(host for cluster in self.inner for host in cluster.members)

    def electorate(self, host: Host) -> Electorate:
        """One proxy is enough."""
        return Electorate(dict.fromkeys(self.members, 1), 1)

    @property
    def way(self) -> WayIn:
        """How clients reach the first service behind them. Raises NotInInventoryError where no way is known."""
        usual = member_roles.member_role(self.service, "proxy").port
        for cluster in self.inner:
            fronts = registry.service(cluster.service).fronts
            own = [port.number for front in fronts if front.role == self.service for port in front.ports]
            for port in (*own, usual):
                with suppress(NotInInventoryError):
                    return cluster.inventory.entry_point(port)
        return self.inventory.entry_point(usual)

    def weakness(self, host: Host) -> str:
        """Nothing may stand before the proxies: then their clients know one of them."""
        if self.way.address != host.address:
            return ""
        return f"clients come through {host} alone, as nothing stands before the proxies, so its loss is an outage"

    def probe(self, host: Host) -> Probe:
        """What HAProxy tells of itself."""
        return Proxies(self.inventory).probe(host, self.way.target)

    def why_not_healthy(self) -> str | None:
        """The services behind are whole, which includes that every proxy agrees."""
        return next((reason for cluster in self.inner if (reason := cluster.why_not_healthy()) is not None), None)

    def place(self, name: str, leader: Host | None = None) -> "ProxyPlace":
        """The places of the services behind."""
        return ProxyPlace(self.inner, name)

    def budget(self, kind: Kind, role: str, settings: Mapping[str, str] | None = None) -> Budget:
        """From the load balancer's checks (settings.yaml)."""
        way = self.way
        check = way.check
        parts = [
            Part(
                "balancer",
                check.interval * check.retries + check.timeout,
                f"{way.name or way.place}: interval, retries, timeout",
            )
        ]
        if kind is Kind.STOP:
            parts.append(Part("shutdown", SHUTDOWN_SECONDS, "its connections end"))
        return budget([*parts, TURN, hang(kind)], self.multiplier)

    def why_not_available(self, fault: str, role: str) -> str:
        """Proxies keep no port open to one another, by which a cut could be proved, and their clients are others'."""
        if not self.inner:
            served = ", ".join(member_roles.behind(self.service))
            return f"nothing stands behind them here whose clients would notice: that is {served}"
        return "proxies have no peers to be cut off from" if fault.startswith(("isolate", "cut-", "reject")) else ""


class HaproxyCluster(ProxyCluster):
    """HAProxy and PgBouncer, with the services behind them."""

    service = "haproxy"
    traits = Traits(
        peer_port=STATISTICS_PORT,
        rate_share=0.5,  # two services' lanes at once
        exempt=EXEMPT,
        why_no_switchover=WHY_NO_SWITCHOVER,
    )


class ProxyPlace(Place):
    """One place in each service behind the proxies."""

    def __init__(self, inner: Sequence[Cluster], name: str) -> None:
        self._places = [(cluster, cluster.place(name)) for cluster in inner]
        # Built once: a place may have clients that its lanes share.
        several = len({cluster.service for cluster in inner}) < len(inner)
        self._lanes = [
            # Clusters of one service have their usual ports in common.
            (replace(lane, of=cluster.label) if several else lane, cluster, place)
            for cluster, place in self._places
            for lane in place.lanes
        ]

    @property
    def lanes(self) -> Sequence[Lane]:
        """All lanes of the services."""
        return [lane for lane, _, _ in self._lanes]

    @property
    def readers(self) -> tuple[Host, ...]:
        """Those of the services."""
        return tuple(dict.fromkeys(host for _, place in self._places for host in place.readers))

    def make(self) -> None:
        """Each service's own."""
        for _, place in self._places:
            place.make()

    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """What the members on a host have; keys of services that it does not carry do not concern it."""
        missing: set[str] = set()
        for place in (place for _, place in self._places if host in place.readers):
            lanes = {lane.name for lane, _, of in self._lanes if of is place}
            own = {operation.key for operation in history.operations() if operation.lane in lanes} & acknowledged
            missing |= own - place.found(host, own, history)
        return acknowledged - missing

    def clean(self) -> None:
        """Each service's own."""
        for _, place in self._places:
            place.clean()

    def shown_by(self, read: Operation) -> str:
        """The service behind, and what it says."""
        cluster, place = next((cluster, place) for lane, cluster, place in self._lanes if lane.name == read.lane)
        return f"{cluster.label} {shown_by(place, read)}"
