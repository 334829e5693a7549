"""The target of a fault: the component, the process, the peers, and the address whose traffic is never cut."""

from hadrill.faults import Target
from hadrill.inventory import Host
from hadrill.placement import processes_of
from hadrill.remote import Remote, runner_address
from hadrill.safety import on_target
from hadrill.services import registry
from hadrill.services.abilities import OnNodes
from hadrill.services.cluster import Cluster
from hadrill.services.member_roles import member_role, usual


def target_of(remote: Remote, cluster: Cluster, fault: str, host: Host, role: str, experiment: str) -> Target:
    """The target of a fault by its name, for a member in a role. Asks the host; raises RemoteError."""
    record, its = registry.service(cluster.service), cluster.placement(role)
    named = processes_of(record).get(fault.rpartition("-")[0], "")
    # `process-kill` without a name is about the component's own, or the service's first.
    own = next(iter((processes_of(record, its.name) or processes_of(record)).values()), "")
    return Target(
        experiment=experiment,
        placement=its,
        process=named or own,
        # That address is never cut.
        runner=runner_address(remote, host),
        peers=tuple(peer.address for peer in cluster.members if peer != host),
        peer_port=cluster.inventory.port(cluster.traits.peer_port),
        service_port=cluster.inventory.port(member_role(cluster.service, role or usual(cluster.service)).port),
        folder=on_target.folder(experiment),
        components=cluster.placements(host),
        host=host.name,
        kubectl=cluster.node_kubectl() if isinstance(cluster, OnNodes) else "",
    )
