"""Basic checks of Kubernetes."""

import pytest

from hadrill.services.kubernetes import checks
from hadrill.services.kubernetes.service import Kubernetes

pytestmark = pytest.mark.service("kubernetes")


def test_api(kubernetes: Kubernetes) -> None:
    """Every server's API is ready, and so is the entry point."""
    checks.api(kubernetes)


def test_nodes(kubernetes: Kubernetes) -> None:
    """Every host is a node and Ready, and no other is."""
    checks.nodes(kubernetes)


def test_workloads(kubernetes: Kubernetes) -> None:
    """Names, metrics, storage and ingress have all their pods."""
    checks.workloads(kubernetes)


def test_ingress(kubernetes: Kubernetes) -> None:
    """Every node and every public load balancer answers on port 80."""
    checks.ingress(kubernetes)
