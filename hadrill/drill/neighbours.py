"""Clusters that share hosts with the one that is drilled: what befalls a whole host befalls them too."""

from collections.abc import Iterator, Sequence

from hadrill.drill.coming_back import what_brings_back
from hadrill.drill.counting import count_votes
from hadrill.drill.errors import DegradedError, InconclusiveError
from hadrill.drill.session import Session
from hadrill.faults import Fault, is_host_wide
from hadrill.inventory import Host
from hadrill.safety.guard import Arithmetic
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import CLUSTERS, cluster_of
from hadrill.services.guarded import Guarded


class Neighbours:
    """The clusters that have a member on a host of a cluster, without that one itself."""

    def __init__(self, session: Session, cluster: Cluster) -> None:
        inventory = session.inventory
        beside = [
            named
            for named in inventory.clusters
            if named.service in CLUSTERS and named.label != cluster.label and set(named.members) & set(cluster.members)
        ]
        self._session = session
        self.clusters = tuple(cluster_of(inventory, session.remote, named.service, named.name) for named in beside)

    @property
    def members(self) -> tuple[Host, ...]:
        """All their hosts: an experiment has them to itself."""
        return tuple(dict.fromkeys(host for cluster in self.clusters for host in cluster.members))

    def on(self, host: Host) -> tuple[Cluster, ...]:
        """Those with a member on one host."""
        return tuple(cluster for cluster in self.clusters if host in cluster.members)

    def why_not_healthy(self) -> str | None:
        """Why one of them is not whole; None where all are."""
        reasons = ((cluster.label, cluster.why_not_healthy()) for cluster in self.clusters)
        return next((f"{name}, on the same hosts: {reason}" for name, reason in reasons if reason is not None), None)

    def sums(self, host: Host, gone: Sequence[Host] = ()) -> Iterator[tuple[Cluster, Arithmetic]]:
        """The votes of each cluster on a host, when that one goes and others are gone already."""
        for cluster in self.on(host):
            others = [other.name for other in gone if other in cluster.members and other != host]
            yield cluster, count_votes(cluster, host, others)

    def guard(self, fault: Fault, host: Host, gone: Sequence[Host] = ()) -> str:
        """Refuse a fault of a whole host that one of them would not survive. Returns what is risked of others' data.

        Raises InconclusiveError with the sum, DegradedError where a member is down already.
        """
        if not is_host_wide(fault.name):
            return ""
        for cluster, votes in self.sums(host, gone):
            if not votes.holds:
                kind = DegradedError if votes.down else InconclusiveError
                what = f"{cluster.label} is on {host} too, and would lose its quorum"
                raise kind(f"refused, {what}: {votes}")
            if votes.down:
                raise DegradedError(f"refused, {cluster.label} is on {host} too, and is degraded already: {votes}")
        risks = (_risk(self._session, cluster, fault, host) for cluster in self.on(host))
        return "; ".join(filter(None, risks))


def _risk(session: Session, cluster: Cluster, fault: Fault, host: Host) -> str:
    """Why data of others in a cluster would be gone with a fault of its whole host; empty where it would stay."""
    if not fault.ends or not isinstance(cluster, Guarded):
        return ""
    role = cluster.role(host)
    back = what_brings_back(session.remote, host, cluster.placement(role), fault)
    reason = cluster.why_not_survives(host, role, back)
    return f"{cluster.label} on the same host: {reason}" if reason else ""
