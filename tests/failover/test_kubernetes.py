"""Kubernetes loses a server, and an agent that holds a pod: 16 checks, and drills of single faults.

Each loss is made once and watched by all its checks. `--node` says which server, or which agent.
"""

from collections.abc import Callable

import pytest

from hadrill.drill import Case, Result, Session
from hadrill.drill.scenarios.loss import POWER_OFF, Loss
from hadrill.drill.scenarios.node import NodeScenario
from hadrill.drill.scenarios.node_loss import AgentLoss, ServerLoss
from hadrill.faults import Kind
from hadrill.inventory import Host
from hadrill.pytest_plugin.options import options_of
from hadrill.services.kubernetes.backends import NAMES
from hadrill.services.kubernetes.budget import ingress_budget, not_ready_between
from hadrill.services.kubernetes.cluster import KubernetesCluster
from hadrill.services.kubernetes.service import API_PORT
from hadrill.services.kubernetes.workload import PAGES

pytestmark = [pytest.mark.failover, pytest.mark.service("kubernetes"), pytest.mark.xdist_group("kubernetes")]
ON_NODES = ("power-off", "isolate", "kubelet-stop", "runtime-stop")
ON_SERVERS = (*ON_NODES, "api-stop", "etcd-stop")
OF_SERVER = ("cluster works", "servers ready", "API answers", "comes back", "clients served")
"""What checks of a server's loss require beside outages; nothing else may be wrong with it."""
OF_AGENT = (
    *("cluster works", "NotReady", "system pods", "comes back", "clients served"),
    *("rescheduled", "endpoint gone", "endpoint back", "ingress back"),
    *NAMES,
)
"""The same of an agent's loss."""


@pytest.fixture(scope="module")
def nodes(pytestconfig: pytest.Config, drills: Session) -> KubernetesCluster:
    """The cluster: the only one, or that of --cluster."""
    named = drills.inventory.cluster("kubernetes", options_of(pytestconfig).cluster)
    return KubernetesCluster(drills.inventory.about(named), drills.remote)


@pytest.fixture(scope="module")
def wished(pytestconfig: pytest.Config, drills: Session) -> Host | None:
    """The host that --node names."""
    return drills.inventory.host(options_of(pytestconfig).node) if options_of(pytestconfig).node else None


@pytest.fixture(scope="module")
def server_loss(
    pytestconfig: pytest.Config, watched: Callable[[NodeScenario], Loss], nodes: KubernetesCluster, wished: Host | None
) -> Loss:
    """The server that leads the controllers, and etcd, is lost; with --role server one that leads nothing."""
    return watched(ServerLoss(nodes, wished, options_of(pytestconfig).role or "leader"))


@pytest.fixture(scope="module")
def agent_loss(watched: Callable[[NodeScenario], Loss], nodes: KubernetesCluster, wished: Host | None) -> Loss:
    """An agent is lost."""
    return watched(AgentLoss(nodes, wished))


@pytest.mark.loses("k3s-server", POWER_OFF)
def test_server_loss_cluster_works(server_loss: Loss, nodes: KubernetesCluster) -> None:
    """The API takes writes again within the budget, at its entry point, nothing is lost, all is undone and whole."""
    server_loss.require("cluster works")
    server_loss.require_outage("write", nodes.budget(Kind.BLACKHOLE, server_loss.role))
    server_loss.require_nothing_else(*OF_SERVER, lanes=("write", "read"))


@pytest.mark.loses("k3s-server", POWER_OFF)
def test_server_loss_servers_ready(server_loss: Loss) -> None:
    """At least two servers are Ready."""
    server_loss.require("servers ready")


@pytest.mark.loses("k3s-server", POWER_OFF)
def test_server_loss_api_answers(server_loss: Loss, nodes: KubernetesCluster) -> None:
    """Every other server's API answers, and reads go on at the entry point."""
    server_loss.require("API answers")
    server_loss.require_outage("read", nodes.budget(Kind.BLACKHOLE, server_loss.role))


@pytest.mark.loses("k3s-server", POWER_OFF)
def test_server_loss_comes_back(server_loss: Loss) -> None:
    """The server is Ready again, and its own API has what was written meanwhile."""
    server_loss.require("comes back")
    server_loss.require("clients served")


@pytest.mark.loses("k3s-agent", POWER_OFF)
def test_agent_loss_cluster_works(agent_loss: Loss, nodes: KubernetesCluster) -> None:
    """The API does not notice, nothing is lost, all is undone and whole."""
    agent_loss.require("cluster works")
    agent_loss.require_outage("write", nodes.budget(Kind.BLACKHOLE, "agent"))
    agent_loss.require_outage(f"read new {API_PORT}", nodes.budget(Kind.BLACKHOLE, "agent"))
    agent_loss.require_outage("read pooled", nodes.budget(Kind.BLACKHOLE, "agent"))
    agent_loss.require_nothing_else(*OF_AGENT, lanes=("write", "read"))


@pytest.mark.loses("k3s-agent", POWER_OFF)
def test_agent_loss_not_ready(agent_loss: Loss, nodes: KubernetesCluster) -> None:
    """The cluster says NotReady within its own timers: not before, and not much after."""
    soonest, allowed = not_ready_between(agent_loss.timers, nodes.multiplier)
    seconds = agent_loss.require("NotReady").seconds
    assert soonest <= seconds <= allowed.seconds, (
        f"after {seconds:.1f} s; not before {soonest:.1f} s, allowed {allowed}"
    )


@pytest.mark.loses("k3s-agent", POWER_OFF)
def test_agent_loss_system_pods(agent_loss: Loss) -> None:
    """The system's pods on the other nodes are the same ones as before, and ready."""
    agent_loss.require("system pods")


@pytest.mark.loses("k3s-agent", POWER_OFF)
def test_agent_loss_comes_back(agent_loss: Loss) -> None:
    """The agent is Ready again."""
    agent_loss.require("comes back")
    agent_loss.require("clients served")


@pytest.mark.loses("k3s-agent", POWER_OFF)
def test_rescheduled(agent_loss: Loss) -> None:
    """The pod that was on the agent is ready on another node, as a new pod, as soon as timers and promise say."""
    agent_loss.require_promised("rescheduled")


@pytest.mark.loses("k3s-agent", POWER_OFF)
def test_ingress_redistributed(agent_loss: Loss, nodes: KubernetesCluster) -> None:
    """The agent's ingress leaves the endpoints, and clients of the load balancer notice only until its checks do."""
    agent_loss.require("endpoint gone")
    agent_loss.require_outage(PAGES, ingress_budget(nodes.kubernetes, nodes.multiplier))


@pytest.mark.loses("k3s-agent", POWER_OFF)
def test_ingress_restored(agent_loss: Loss) -> None:
    """The agent's own ingress is among the endpoints again, and serves."""
    agent_loss.require("endpoint back")
    agent_loss.require("ingress back")


@pytest.mark.loses("k3s-agent", POWER_OFF)
@pytest.mark.parametrize("backend", [pytest.param(name, marks=pytest.mark.needs(name)) for name in NAMES])
def test_backend(agent_loss: Loss, backend: str) -> None:
    """Pods on every remaining node go on using the data service at its load balancer."""
    agent_loss.require_backend(backend)


@pytest.mark.drills(leader=ON_SERVERS, server=ON_SERVERS, agent=ON_NODES)
def test_drill(case: Case, drill: Callable[[Case], Result]) -> None:
    """A server or an agent is broken; the API and the ingress serve again within their budgets."""
    drill(case)
