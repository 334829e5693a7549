"""From marks and options to cases: which drills a command line asks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hadrill.drill.case import Case, why_no_fault
from hadrill.inventory import Inventory, NamedCluster
from hadrill.services import registry
from hadrill.services.clusters import CLUSTERS
from hadrill.services.member_roles import member_role, names, of_hosts, usual


@dataclass(frozen=True)
class Selection:
    """What the command line says about drills; empty means any."""

    node: str = ""
    service: str = ""
    fault: str = ""
    role: str = ""
    repeat: int = 1
    make_leader: bool = False
    cluster: str = ""

    def includes(self, inventory: Inventory, role: str, fault: str) -> bool:
        """Whether what happens to a node on hosts of that role is meant: it is no drill of a listed fault."""
        record = registry.service_of(role)
        service = record.name if record else ""
        if self.service not in ("", service) or self.fault not in ("", fault):
            return False
        if self.role not in ("", *(known.name for known in of_hosts(service, role))):
            return False
        if record is not None and not self.clusters(inventory, service):
            return False
        return not self.node or role in inventory.host(self.node).roles

    def concerns(self, inventory: Inventory, service: str) -> bool:
        """Whether a test of a whole cluster is meant."""
        return self.service in ("", service) and bool(self.clusters(inventory, service))

    def clusters(self, inventory: Inventory, service: str) -> tuple[NamedCluster, ...]:
        """The clusters of a service that are meant: the named one, those of the node, or all."""
        return tuple(
            cluster
            for cluster in inventory.clusters_of(service)
            if self.cluster in ("", cluster.name) and (not self.node or self.node in map(str, cluster.members))
        )

    def problems(self, inventory: Inventory) -> Iterator[str]:
        """What cannot be meant, each with what could be."""
        if self.node and self.node not in {host.name for host in inventory.hosts}:
            yield f"--node {self.node}: no such host; there are {', '.join(h.name for h in inventory.managed)}"
        if self.service and self.service not in CLUSTERS:
            yield f"--service {self.service}: no such service; there are {', '.join(CLUSTERS)}"
        clusters = [cluster for cluster in inventory.clusters if cluster.service in CLUSTERS]
        if self.cluster and self.cluster not in {cluster.name for cluster in clusters}:
            there_are = ", ".join(dict.fromkeys(cluster.name for cluster in clusters))
            yield f"--cluster {self.cluster}: no such cluster; there are {there_are}"
        roles = {role for service in CLUSTERS for role in names(service)}
        if self.role and self.role not in roles:
            yield f"--role {self.role}: no such role; there are {', '.join(sorted(roles))}"
        if self.fault:
            reasons = [why_no_fault(self.fault, service) for service in CLUSTERS]
            if all(reasons):
                yield f"--fault {self.fault}: {reasons[0]}"
        if self.repeat < 1:
            yield f"--repeat {self.repeat}: at least 1"
        if self.make_leader and not self.node:
            yield "--make-leader needs --node: which member is to lead?"


def cases(inventory: Inventory, service: str, listed: Mapping[str, Sequence[str]], selection: Selection) -> list[Case]:
    """Cases of a test that lists faults by role, as far as they are selected.

    With `--node` the role is the host's own when the drill begins, unless a role is asked for too.
    """
    if selection.service and selection.service != service:
        return []
    clusters = selection.clusters(inventory, service)
    chosen = [case for cluster in clusters for case in _of_cluster(cluster, listed, selection)]
    return [case for case in chosen for _ in range(selection.repeat)]


def _of_cluster(cluster: NamedCluster, listed: Mapping[str, Sequence[str]], selection: Selection) -> list[Case]:
    """Cases on one cluster, of which the node is a member where one is named."""
    service, name = cluster.service, "" if cluster.only else cluster.name
    chosen: dict[Case, None] = {}
    for role, faults in listed.items():
        for fault in faults:
            if (selection.fault and selection.fault != fault) or (selection.role and selection.role != role):
                continue
            if not selection.node:
                chosen[Case(service, fault, role, cluster=name)] = None
                continue
            # A fault lists each role once, so the leading one's stands for a host that is made the leader first.
            if selection.make_leader and role != usual(service):
                continue
            beside = member_role(service, role).beside
            named = role if selection.role or selection.make_leader or beside else ""
            chosen[Case(service, fault, named, selection.node, name)] = None
    # A fault that is not in the list can still be asked for by name.
    if selection.fault and not chosen and not why_no_fault(selection.fault, service):
        roles = [selection.role] if selection.role else list(listed)
        if selection.node:
            chosen[Case(service, selection.fault, selection.role, selection.node, name)] = None
        else:
            chosen |= {Case(service, selection.fault, role, cluster=name): None for role in roles if role in listed}
    return list(chosen)
