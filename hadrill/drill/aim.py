"""What a fault is about on its host: the component, the process, the peers, and whose traffic is never cut."""

from hadrill.faults import Target
from hadrill.inventory import Host
from hadrill.placement import processes_of
from hadrill.remote import Remote, runner_address
from hadrill.safety import on_target
from hadrill.services import registry
from hadrill.services.cluster import Cluster


def target_of(remote: Remote, cluster: Cluster, fault: str, host: Host, role: str, drill: str) -> Target:
    """The target of a fault by its name, for a member in a role. Asks the host; raises RemoteError."""
    record, component = registry.service(cluster.service), cluster.component(role)
    named = processes_of(record).get(fault.rpartition("-")[0], "")
    # `process-kill` without a name is about the component's own, or the service's first.
    usual = next(iter((processes_of(record, component) or processes_of(record)).values()), "")
    return Target(
        drill=drill,
        placement=cluster.placement(role),
        process=named or usual,
        # That address is never cut.
        runner=runner_address(remote, host),
        peers=tuple(peer.address for peer in cluster.members if peer != host),
        peer_port=cluster.peer_port,
        service_port=cluster.port_of(role),
        folder=on_target.folder(drill),
        components=cluster.placements(host),
        host=host.name,
        kubectl=cluster.node_kubectl,
    )
