"""Each cause of Kubernetes is named first while it is there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.clusters import cluster_of
from hadrill.services.kubernetes.service import Kubernetes
from tests.selftest.lab.suite import BIN, ROOT, SUITE_SECONDS
from tests.selftest.sabotage.kubernetes_cases import CASES
from tests.selftest.sabotage.trial import named_first

pytestmark = pytest.mark.takes_turns("kubernetes")


@pytest.mark.parametrize("name", CASES)
def test_the_cause_is_named_first(
    name: str, nodes: Inventory, nodes_ssh: Remote, keep: Path | None, tmp_path: Path
) -> None:
    named_first(cluster_of(nodes, nodes_ssh, "kubernetes"), CASES[name](Kubernetes(nodes)), tmp_path, keep)


def test_a_grace_period_longer_than_the_promise_is_named(nodes: Inventory, tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    shutil.copytree(nodes.folder, folder)
    settings = folder / "settings.yaml"
    settings.write_text(settings.read_text("utf-8") + "slo: {kubernetes: {rto: 30s}}\n", "utf-8")
    done = subprocess.run(
        [str(BIN / "hadrill"), "diagnose", "kubernetes", "--inventory", str(folder)],
        cwd=ROOT,
        check=False,
        text=True,
        capture_output=True,
        timeout=SUITE_SECONDS,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "budget-over-slo" in done.stdout
    assert "pods of a lost node: grace 20" in done.stdout
