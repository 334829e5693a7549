"""The checks of the data services that pods use fail too. They need the whole stack at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hadrill.inventory import read
from hadrill.remote import Remote
from hadrill.services.clusters import cluster_of
from hadrill.services.kubernetes.backends import NAMES
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import LAB
from tests.selftest.sabotage.loss_cases import backends_go
from tests.selftest.sabotage.loss_trial import HEALED_SECONDS, goes_red

# It waits for every deadline of a loss, and changes the lab's profile twice.
pytestmark = pytest.mark.only_when_asked


@pytest.mark.usefixtures("alone")
def test_every_backend_names_its_own_cause(loud: Callable[..., str], tmp_path: Path) -> None:
    loud("hadrill", "lab", "up", "--profile", "all")
    try:
        loud("fab", "all")
        stack = read(LAB, "all")
        with Remote(stack) as ssh:
            goes_red(stack, ssh, backends_go(Kubernetes(stack)), tmp_path)
            for name in NAMES:
                eventually(
                    f"{name} to be whole again", cluster_of(stack, ssh, name).why_not_healthy, Deadline(HEALED_SECONDS)
                )
    finally:
        loud("hadrill", "lab", "up", "--profile", "data")
