"""What is wrong with Kubernetes, or goes wrong while a node is away, so that checks of the node's loss fail."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

from hadrill.faults.power import driver
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.kubernetes.place import node_of
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.minio.service import Minio
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.redis.service import Redis
from hadrill.timing import POLL
from tests.selftest.sabotage.bench import Disturbance, Sabotage, sabotaged, stopped
from tests.selftest.sabotage.kubernetes_cases import KUBECTL, tainted
from tests.selftest.sabotage.mariadb_cases import desynced
from tests.selftest.sabotage.rabbitmq_cases import disk_alarm

MANAGER, KUBELET, ETCD = "hadrill-kube-controller-manager", "hadrill-kubelet", "hadrill-etcd"


@dataclass(frozen=True)
class RedLoss:
    """What is wrong, the host that is lost meanwhile, and the checks that fail, each with its cause.

    `late`: brought about once the host is lost.
    """

    sabotage: Sabotage
    victim: Host
    red: Mapping[str, str]
    late: bool = True
    suite: str = "tests/failover/test_kubernetes.py"


def killed(host: Host, unit: str) -> Disturbance:
    """A unit ends at once: etcd would say goodbye for ten seconds."""
    return Disturbance(host, f"systemctl kill -s KILL {unit}; systemctl stop {unit}", f"systemctl start {unit}")


def red(sabotage: Sabotage, victim: Host, *checks: str, **how: Any) -> RedLoss:
    """Checks that all fail with the one cause."""
    return RedLoss(sabotage, victim, dict.fromkeys(checks, sabotage.cause), **how)


@contextmanager
def brought_about(inventory: Inventory, remote: Remote, case: RedLoss) -> Iterator[None]:
    """The cause is there inside the block, or from the moment on when the victim has no power."""
    if not case.late:
        with sabotaged(inventory, remote, case.sabotage):
            yield
        return
    over = Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        late = pool.submit(_once_lost, inventory, remote, case, over)
        try:
            yield
        finally:
            over.set()
            late.result()


def _once_lost(inventory: Inventory, remote: Remote, case: RedLoss, over: Event) -> None:
    power = driver(inventory)
    while not over.wait(POLL):
        if not power.is_on(case.victim):
            with sabotaged(inventory, remote, case.sabotage):
                over.wait()
            return


def majority_goes_with_a_server(service: Kubernetes) -> RedLoss:
    """Another server's etcd ends while one is away: nobody is left to agree with."""
    victim, other, _ = service.servers
    checks = ("server_loss_cluster_works", "server_loss_servers_ready", "server_loss_api_answers")
    return red(Sabotage("etcd-no-quorum", (killed(other, ETCD),)), victim, *checks)


def server_does_not_start_its_kubelet(service: Kubernetes) -> RedLoss:
    """Started by hand once, and never enabled."""
    return _not_enabled(service.servers[-1], "server_loss_comes_back")


def majority_goes_beside_an_agent(service: Kubernetes) -> RedLoss:
    """The API ends while an agent is away."""
    steps = tuple(killed(host, ETCD) for host in service.servers[1:])
    return red(Sabotage("etcd-no-quorum", steps), service.agents[0], "agent_loss_cluster_works")


def nobody_looks_after_nodes(service: Kubernetes) -> RedLoss:
    """No controller manager runs: a dead node stays Ready."""
    steps = tuple(stopped(host, MANAGER) for host in service.servers)
    checks = ("agent_loss_not_ready", "rescheduled", "ingress_redistributed")
    return red(Sabotage("component-stopped", steps), service.agents[0], *checks)


def nowhere_to_go(service: Kubernetes) -> RedLoss:
    """Every node is tainted: pods of the lost one find no new place."""
    (step,) = tainted(service).steps
    return red(Sabotage("taint-forbids", (step,)), service.agents[0], "rescheduled")


def resolver_goes(service: Kubernetes) -> RedLoss:
    """CoreDNS is scaled to nothing."""
    scale = f"{KUBECTL} -n kube-system scale deployment coredns --replicas"
    step = Disturbance(service.servers[0], f"{scale}=0", f"{scale}=2")
    return red(Sabotage("names-unanswered", (step,)), service.agents[0], "agent_loss_system_pods")


def agent_does_not_start_its_kubelet(service: Kubernetes) -> RedLoss:
    """Started by hand once, and never enabled."""
    return _not_enabled(service.agents[-1], "agent_loss_comes_back", "ingress_restored")


def budget_forbids_a_drain(service: Kubernetes) -> RedLoss:
    """A PodDisruptionBudget wants all pods of the system, always: those of an agent may not leave it."""
    make = f"{KUBECTL} -n kube-system create pdb hadrill-sabotage --selector='k8s-app' --min-available=100%"
    undo = f"{KUBECTL} -n kube-system delete pdb hadrill-sabotage --ignore-not-found"
    holding = {node_of(pod) for pod in service.api().items("/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app")}
    victim = next(host for host in service.agents if host.name in holding)
    sabotage = Sabotage("disruption-budget", (Disturbance(service.servers[0], make, undo),))
    return red(sabotage, victim, "drain_empties", late=False, suite="tests/failover/test_kubernetes_drain.py")


def backends_go(service: Kubernetes) -> RedLoss:
    """All five data services stop serving, each for its own reason."""
    inventory = service.inventory
    postgresql, redis, minio, mariadb = Postgresql(inventory), Redis(inventory), Minio(inventory), Mariadb(inventory)
    steps = (
        *(stopped(host, "hadrill-patroni") for host in postgresql.members),
        *(stopped(host, "hadrill-redis") for host in redis.members),
        *disk_alarm(Rabbitmq(inventory)).steps,
        *(stopped(host, "hadrill-minio") for host in minio.members[1:]),
        *(desynced(host) for host in mariadb.members),
    )
    return RedLoss(
        Sabotage("data services", steps),
        service.agents[0],
        {
            "backend[postgresql]": "raft-no-majority",
            "backend[redis]": "no-redis",
            "backend[rabbitmq]": "disk-alarm",
            "backend[minio]": "write-quorum-lost",
            "backend[mariadb]": "node-desynced",
        },
    )


def _not_enabled(victim: Host, *checks: str) -> RedLoss:
    step = Disturbance(victim, f"systemctl disable -q {KUBELET}", f"systemctl enable --now -q {KUBELET}")
    return red(Sabotage("component-stopped", (step,)), victim, *checks, late=False)


CASES: dict[str, Callable[[Kubernetes], RedLoss]] = {
    case.__name__: case
    for case in (
        majority_goes_with_a_server,
        server_does_not_start_its_kubelet,
        majority_goes_beside_an_agent,
        nobody_looks_after_nodes,
        nowhere_to_go,
        resolver_goes,
        agent_does_not_start_its_kubelet,
        budget_forbids_a_drain,
    )
}
