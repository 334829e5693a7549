"""How long clients may be without the API or the ingress, and how long Kubernetes may take to notice and to act.

Sources: etcd's tuning guide (election timeout), kube-controller-manager's and kube-apiserver's reference (grace
period, tolerations), client-go's leader election (lease 15 s, retry 2 s), the load balancers' own checks.
"""

import re
from dataclasses import dataclass

from hadrill.faults import Kind
from hadrill.inventory import Host
from hadrill.inventory.settings import LoadBalancer
from hadrill.remote import Remote
from hadrill.services.client_parts import SILENT, TURN, hang
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.timing import MARGIN_SECONDS, Budget, Part, budget

GRACE_DEFAULT = 50.0
"""node-monitor-grace-period since Kubernetes 1.32."""
MONITOR_SECONDS = 5.0
"""node-monitor-period: so often the controller looks at nodes."""
STATUS_SECONDS = 5.0
"""What a node reported last may be as old when it dies."""
START_SECONDS = 10.0
"""A small pod whose image is there: scheduled, network, container, first good readiness probe."""
ELECTION_SECONDS = 4.0
"""etcd begins an election after one to two election timeouts (2 s here)."""


COMPONENTS = "kube-controller-manager|kube-apiserver|k3s"
COMMAND_LINES = f"for p in $(pgrep -f '{COMPONENTS}'); do tr '\\0' ' ' < /proc/$p/cmdline; done"


@dataclass(frozen=True)
class Timers:
    """What is live: seconds, and where each was read."""

    grace: Part
    toleration: Part


def timers_of(remote: Remote, host: Host) -> Timers:
    """From the command lines of the components that run on a server. Raises RemoteError."""
    printed = remote.run(host, COMMAND_LINES).stdout
    grace_match = re.search(r"node-monitor-grace-period=(\d+)s", printed)
    grace = float(grace_match[1]) if grace_match else GRACE_DEFAULT
    toleration_match = re.search(r"default-unreachable-toleration-seconds=(\d+)", printed)
    toleration = float(toleration_match[1]) if toleration_match else 300.0
    return Timers(
        Part("grace", grace, f"node-monitor-grace-period, {'live, ' + host.name if grace_match else 'default'}"),
        Part("toleration", toleration, f"{'live, ' + host.name if toleration_match else 'default'}"),
    )


def api_budget(service: Kubernetes, kind: Kind, role: str, multiplier: float) -> Budget:
    """For clients at the entry points, whichever member was broken."""
    parts = [_balancer(balancer, kind) for balancer in service.balancers[:1]]
    if role == "leader" and kind is not Kind.PLANNED:
        parts.append(Part("election", ELECTION_SECONDS, "etcd: two election timeouts"))
    return budget([*parts, TURN, hang(kind)], multiplier)


def not_ready_between(timers: Timers, multiplier: float) -> tuple[float, Budget]:
    """After how many seconds at the soonest, and within what, the cluster says NotReady of a node that is gone."""
    soonest = timers.grace.seconds - STATUS_SECONDS - MARGIN_SECONDS
    return soonest, budget([timers.grace, Part("monitor", MONITOR_SECONDS, "node-monitor-period")], multiplier)


def rescheduled_budget(timers: Timers, multiplier: float) -> Budget:
    """From a node's end until its pods are ready elsewhere."""
    monitor = Part("monitor", MONITOR_SECONDS, "node-monitor-period")
    start = Part("start", START_SECONDS, "a pod whose image is there")
    return budget([timers.grace, monitor, timers.toleration, start], multiplier)


def ingress_budget(service: Kubernetes, multiplier: float) -> Budget:
    """Until the public load balancer leaves out a node that is gone."""
    parts = [_balancer(balancer, Kind.BLACKHOLE) for balancer in service.public_balancers[:1]]
    return budget([*parts, TURN], multiplier)


def _balancer(balancer: LoadBalancer, kind: Kind) -> Part:
    check = balancer.check
    seconds = check.interval * check.retries + (check.timeout if kind in SILENT else 0.0)
    return Part("balancer", seconds, f"{balancer.name}: interval, retries, timeout")
