"""Makes a member the leader before an experiment on it."""

from hadrill.drill.errors import UnavailableError
from hadrill.inventory import Host
from hadrill.services.abilities import HandsOver
from hadrill.services.cluster import Cluster
from hadrill.services.member_roles import usual
from hadrill.timing import Deadline, eventually

LEAD_SECONDS = 90.0


def why_not_led(cluster: Cluster, host: Host) -> str:
    """Why a member cannot be made the leader; empty where it can, or leads already."""
    leads = usual(cluster.service)
    if isinstance(cluster, HandsOver) or cluster.role(host) == leads:
        return ""
    return f"{host} cannot be made the {leads}: {cluster.traits.why_no_switchover}"


def make_leader(cluster: Cluster, host: Host) -> None:
    """By a planned switchover; returns when all agree. Raises UnavailableError where there is none, OverdueError."""
    leads = usual(cluster.service)
    if cluster.role(host) == leads:
        return
    if not isinstance(cluster, HandsOver):
        raise UnavailableError(why_not_led(cluster, host))
    deadline = Deadline(LEAD_SECONDS)
    cluster.hand_over(host)
    eventually(f"{host} to lead", lambda: None if cluster.leader() == host else "another leads", deadline)
    eventually(f"{cluster.label} to be whole under {host}", cluster.why_not_healthy, deadline)
