"""The checks of Kubernetes as a user runs them: everything whole, then a server and an agent lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hadrill.chaos import Round, Step
from hadrill.inventory import Inventory
from tests.selftest.lab.drilling import written
from tests.selftest.lab.suite import run_suite

LOSSES = 11
"""The user's 10 that need no data services, and rescheduling."""


@pytest.fixture(scope="module")
def losses(nodes: Inventory, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    reports, mine = tmp_path_factory.mktemp("losses"), f"--inventory={nodes.folder}"
    return run_suite("tests/failover/test_kubernetes.py", reports, mine, "-k", "not drill")


def test_basic_checks_hold(nodes: Inventory, tmp_path: Path) -> None:
    result = run_suite("tests/basic", tmp_path, f"--inventory={nodes.folder}", "--no-page")
    assert (result["passed"], result["total"], result["status"]) == (4, 4, 0), result["console"]


def test_installing_again_changes_nothing(nodes: Inventory, loud: Callable[..., str]) -> None:
    assert loud("fab", "all", "--inventory", str(nodes.folder)).splitlines()[-1].endswith(" 0 changed")


def test_a_server_and_an_agent_may_be_lost(losses: dict[str, Any]) -> None:
    assert (losses["passed"], losses["total"], losses["status"]) == (LOSSES, LOSSES, 0), losses["console"]
    assert [check["outcome"] for check in losses["checks"]] == ["passed"] * LOSSES


def test_a_round_of_chaos_is_made_on_a_node(nodes: Inventory, tmp_path: Path) -> None:
    again = (Step("runtime-stop", "agent", "begin", 0.0, 0.0), Step("kubelet-stop", "same", "heal", 0.2, 0.0))
    mine = written(tmp_path, Round(1, "kubernetes", again))
    options = (f"--inventory={nodes.folder}", f"--replay={mine}", "--no-page")
    (made,) = run_suite("tests/chaos", tmp_path, *options)["drills"]
    assert (made["verdict"], made["fault"], made["lost"]) == ("passed", "runtime-stop + kubelet-stop", 0), made
    assert not [note for note in made["notes"] if "not made" in note], made["notes"]


def test_it_says_how_long_clients_were_without(losses: dict[str, Any]) -> None:
    output = losses["console"]
    assert "power-off: without success: write new 6443 " in output
    assert "; 0 of " in output
