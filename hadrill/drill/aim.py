"""What a fault is about on its host: the container, the process, the peers, and whose traffic is never cut."""

from hadrill.faults import Target
from hadrill.inventory import Host
from hadrill.remote import Remote, runner_address
from hadrill.safety import on_target
from hadrill.services.cluster import Cluster


def target_of(remote: Remote, cluster: Cluster, fault: str, host: Host, role: str, drill: str) -> Target:
    """The target of a fault by its name, for a member in a role. Asks the host; raises RemoteError."""
    container = cluster.container(role)
    named = fault.rpartition("-")[0]
    # `process-kill` without a name is about the container's own, or the service's first.
    usual = cluster.processes.get(container, next(iter(cluster.processes.values()), ""))
    return Target(
        drill=drill,
        container=container,
        process=cluster.processes.get(named, usual),
        # That address is never cut.
        runner=runner_address(remote, host),
        peers=tuple(peer.address for peer in cluster.members if peer != host),
        peer_port=cluster.peer_port,
        service_port=cluster.port_of(role),
        units=cluster.units(host),
        host=host.name,
        kubectl=cluster.node_kubectl,
        data=f"/var/lib/hadrill/{cluster.data_of(container)}",
        folder=on_target.folder(drill),
    )
