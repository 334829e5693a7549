"""Each check of a node's loss fails where it must, and names the cause."""

from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.clusters import cluster_of
from hadrill.services.kubernetes import Kubernetes
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import run_suite
from tests.selftest.sabotage.loss_cases import CASES, brought_about

HEALED_SECONDS = 180.0
LOSS_SECONDS = 500


@pytest.mark.parametrize("name", CASES)
def test_the_checks_fail_with_the_cause(name: str, nodes: Inventory, nodes_ssh: Remote, tmp_path: Path) -> None:
    case = CASES[name](Kubernetes(nodes))
    cluster = cluster_of(nodes, nodes_ssh, "kubernetes")
    options = ("--node", case.victim.name, "-k", "not drill", "--no-page")
    try:
        with brought_about(nodes, nodes_ssh, case):
            summary = run_suite(case.suite, tmp_path, *options, seconds=LOSS_SECONDS)
    finally:
        eventually("Kubernetes to be whole again", cluster.unhealthy, Deadline(HEALED_SECONDS))
    red = {check["check"]: check for check in summary["checks"] if check["outcome"] != "passed"}
    assert set(case.red) <= set(red), summary["console"]
    named = {check: red[check]["causes"][0]["name"] for check in case.red}
    assert named == case.red, summary["console"]
