"""Making a member the leader before a drill on it."""

from hadrill.drill.errors import UnavailableError
from hadrill.inventory import Host
from hadrill.services.cluster import Cluster
from hadrill.timing import Deadline, eventually

LEAD_SECONDS = 90.0


def make_leader(cluster: Cluster, host: Host) -> None:
    """By a planned switchover; returns when all agree. Raises UnavailableError where there is none, OverdueError."""
    if cluster.role(host) == cluster.roles[0]:
        return
    if not cluster.has_planned:
        raise UnavailableError(f"{host} cannot be made the {cluster.roles[0]}: {cluster.hand_over_note}")
    deadline = Deadline(LEAD_SECONDS)
    cluster.hand_over(host)
    eventually(f"{host} to lead", lambda: None if cluster.leader() == host else "another leads", deadline)
    eventually(f"{cluster.service} to be whole under {host}", cluster.unhealthy, deadline)
