"""A loss that must not go well: its checks fail, each with its cause, and the cluster is whole again afterwards."""

from pathlib import Path

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.clusters import cluster_of
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import run_suite
from tests.selftest.sabotage.loss_cases import RedLoss, brought_about

HEALED_SECONDS = 180.0
LOSS_SECONDS = 500


def goes_red(inventory: Inventory, remote: Remote, case: RedLoss, reports: Path) -> None:
    """Run the losses' suite while the cause is there, and see what it names."""
    cluster = cluster_of(inventory, remote, "kubernetes")
    options = (f"--inventory={inventory.folder}", "--node", case.victim.name, "-k", "not drill", "--no-page")
    try:
        with brought_about(inventory, remote, case):
            summary = run_suite(case.suite, reports, *options, seconds=LOSS_SECONDS)
    finally:
        eventually("Kubernetes to be whole again", cluster.why_not_healthy, Deadline(HEALED_SECONDS))
    red = {check["check"]: check for check in summary["checks"] if check["outcome"] != "passed"}
    assert set(case.red) <= set(red), summary["console"]
    named = {check: [cause["name"] for cause in red[check]["causes"]][:1] for check in case.red}
    assert named == {check: [cause] for check, cause in case.red.items()}, summary["console"]
