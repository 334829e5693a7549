"""Each check of a node's loss fails where it must, and names the cause."""

from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.kubernetes.service import Kubernetes
from tests.selftest.sabotage.loss_cases import CASES
from tests.selftest.sabotage.loss_trial import goes_red

# A loss that must not come to an end waits for every deadline: four minutes each.
pytestmark = pytest.mark.only_when_asked


@pytest.mark.parametrize("name", CASES)
def test_the_checks_fail_with_the_cause(name: str, nodes: Inventory, nodes_ssh: Remote, tmp_path: Path) -> None:
    goes_red(nodes, nodes_ssh, CASES[name](Kubernetes(nodes)), tmp_path)
