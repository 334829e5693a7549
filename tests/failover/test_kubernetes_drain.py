"""The planned case: an agent is emptied for work on it, and takes pods again. Nobody is to notice."""

from collections.abc import Callable

import pytest

from hadrill.drill import Session
from hadrill.drill.scenarios.drain import Drain
from hadrill.drill.scenarios.loss import CORDON, Loss
from hadrill.drill.scenarios.node import NodeScenario
from hadrill.faults import Kind
from hadrill.pytest_plugin.options import options_of
from hadrill.services.kubernetes.cluster import KubernetesCluster
from hadrill.services.kubernetes.workload import PAGES

pytestmark = [
    pytest.mark.failover,
    pytest.mark.service("kubernetes"),
    pytest.mark.xdist_group("kubernetes"),
    pytest.mark.loses("k3s-agent", CORDON),
]

JUDGED = ("emptied", "rescheduled", "schedulable", "takes pods", "clients served")
"""What checks of a drain require beside outages; nothing else may be wrong with it."""


@pytest.fixture(scope="module")
def nodes(pytestconfig: pytest.Config, drills: Session) -> KubernetesCluster:
    """The cluster: the only one, or that of --cluster."""
    named = drills.inventory.cluster("kubernetes", options_of(pytestconfig).cluster)
    return KubernetesCluster(drills.inventory.about(named), drills.remote)


@pytest.fixture(scope="module")
def drain(
    pytestconfig: pytest.Config, drills: Session, nodes: KubernetesCluster, watched: Callable[[NodeScenario], Loss]
) -> Loss:
    """An agent is drained, or the one that --node names."""
    wished = options_of(pytestconfig).node
    return watched(Drain(nodes, drills.inventory.host(wished) if wished else None))


def test_drain_empties(drain: Loss) -> None:
    """Every pod but DaemonSets' leaves, as budgets of disruption let it, and is ready elsewhere."""
    drain.require("emptied")
    drain.require("rescheduled")


def test_drain_is_not_noticed(drain: Loss, nodes: KubernetesCluster) -> None:
    """Not one page fails, the API stays within what anything planned may cost, nothing is lost, all is whole."""
    drain.require_unnoticed(PAGES)
    drain.require_outage("write", nodes.budget(Kind.PLANNED, "agent"))
    drain.require_outage("read", nodes.budget(Kind.PLANNED, "agent"))
    drain.require_nothing_else(*JUDGED, lanes=("write", "read"))


def test_drain_ends(drain: Loss) -> None:
    """The node takes pods again."""
    drain.require("schedulable")
    drain.require("takes pods")
    drain.require("clients served")
