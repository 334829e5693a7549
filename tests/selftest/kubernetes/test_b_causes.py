"""Each cause of Kubernetes is named first while it is there."""

from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.clusters import cluster_of
from hadrill.services.kubernetes import Kubernetes
from tests.selftest.sabotage.kubernetes_cases import CASES
from tests.selftest.sabotage.trial import named_first


@pytest.mark.parametrize("name", CASES)
def test_the_cause_is_named_first(
    name: str, nodes: Inventory, nodes_ssh: Remote, keep: Path | None, tmp_path: Path
) -> None:
    named_first(cluster_of(nodes, nodes_ssh, "kubernetes"), CASES[name](Kubernetes(nodes)), tmp_path, keep)
