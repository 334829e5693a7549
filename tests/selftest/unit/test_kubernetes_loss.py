"""No loss of a Kubernetes node is `failed` with all its checks green: every kind of problem turns one red."""

import inspect
import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from hadrill.drill.errors import DrillFailedError
from hadrill.drill.result import WHOLE, Problem, Result
from hadrill.drill.scenarios.loss import Loss, Milestone
from hadrill.drill.verdict import Verdict
from hadrill.inventory import Inventory, read
from hadrill.services.kubernetes.backends import NAMES, PodReport
from hadrill.services.kubernetes.budget import Timers
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.timing import Budget, Part
from hadrill.workload import Invariant
from tests.failover import test_kubernetes, test_kubernetes_drain
from tests.selftest.unit.conftest import copied
from tests.selftest.unit.projects import ROOT

SHORT = Budget((Part("balancer", 4.0, "lb"),))
LANES = ("write new 6443", "write pooled 6443", "read new 6443", "read pooled 6443", "read new 80")
KINDS: dict[str, tuple[ModuleType, tuple[str, ...]]] = {
    "server_loss": (test_kubernetes, test_kubernetes.OF_SERVER),
    "agent_loss": (test_kubernetes, test_kubernetes.OF_AGENT),
    "drain": (test_kubernetes_drain, test_kubernetes_drain.JUDGED),
}
"""How checks call a loss, where they are, and what they require of it."""


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """The lab's inventory with Kubernetes alone."""
    return read(copied(ROOT / "inventories" / "lab", tmp_path_factory.mktemp("k") / "lab"), "kubernetes")


@pytest.fixture
def checked(kubernetes: Inventory) -> Callable[..., list[str]]:
    """The checks that are red for a loss with these problems and outages."""
    nodes = SimpleNamespace(kubernetes=Kubernetes(kubernetes), multiplier=1.0, budget=lambda *_: SHORT)

    def red(kind: str, *problems: Problem, late: str = "") -> list[str]:
        module, judged = KINDS[kind]
        loss, result = _loss(kubernetes, judged), Result("id", "kubernetes", "n", "agent", "node-loss")
        result.problems, result.verdict = list(problems), Verdict.FAILED
        seconds = dict.fromkeys(LANES, 0.5) | ({late: 60.0} if late else {})
        result.lanes = {lane: {"outage_s": at, "return_outage_s": 0.0} for lane, at in seconds.items()}
        for problem in problems:
            if problem.about in loss.seen:
                loss.seen[problem.about] = Milestone(problem=problem.what)
        loss.backends = [
            PodReport("other", at, {name: "gone" if name in [p.about for p in problems] else "ok" for name in NAMES})
            for at in (_at(loss, 5.0), _at(loss, 15.0))
        ]
        loss.conclude(result, ())
        return [name for name, check in _checks(module, kind) if _is_red(check, loss, nodes)]

    return red


@pytest.mark.parametrize("kind", KINDS)
def test_a_loss_without_a_problem_is_green(kind: str, checked: Callable[..., list[str]]) -> None:
    assert checked(kind) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "problem",
    [
        Problem("not whole after healing: k3s-worker-01 is not Ready", about=WHOLE),
        Problem("power-off on k3s-worker-01 is not undone"),
        *(Problem("it does not hold", invariant=name) for name in Invariant if name != Invariant.SERVED),
    ],
    ids=lambda problem: problem.what[:12] + problem.invariant,
)
def test_what_has_no_check_of_its_own_turns_one_red(
    kind: str, problem: Problem, checked: Callable[..., list[str]]
) -> None:
    assert len(checked(kind, problem)) == 1


@pytest.mark.parametrize(("kind", "about"), [(kind, about) for kind in KINDS for about in KINDS[kind][1]])
def test_what_has_a_check_of_its_own_turns_that_one_red(
    kind: str, about: str, checked: Callable[..., list[str]]
) -> None:
    met = Problem(f"{about}: waited 60 s", known=True, about=about)
    (red,) = checked(kind, met)
    not_whole = Problem("not whole after healing: it follows", about=WHOLE)
    assert checked(kind, met, not_whole) == [red], "what follows from it is told once"
    assert len(checked(kind, met, Problem("power-off is not undone"))) in (1, 2), "this does not follow from it"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lane", LANES)
def test_a_lane_that_is_served_too_late_turns_one_red(kind: str, lane: str, checked: Callable[..., list[str]]) -> None:
    assert len(checked(kind, Problem("60 s without success", invariant=Invariant.SERVED), late=lane)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_loss_that_ended_before_anybody_asked_is_red(kind: str, kubernetes: Inventory) -> None:
    module, _ = KINDS[kind]
    loss = _loss(kubernetes, ())
    loss.conclude(Result("id", "kubernetes", "n", "agent", "node-loss", problems=[Problem("left behind")]), ())
    nodes = SimpleNamespace(kubernetes=Kubernetes(kubernetes), multiplier=1.0, budget=lambda *_: SHORT)
    assert all(_is_red(check, loss, nodes) for name, check in _checks(module, kind) if "backend" not in name)


def _loss(inventory: Inventory, judged: tuple[str, ...]) -> Loss:
    nothing = Part("none", 0.0, "")
    loss = Loss(inventory.host("k3s-worker-01"), "agent", Timers(nothing, nothing))
    loss.began, loss.healed, loss.remaining = 1.0, 10.0, ("other",)
    loss.seen = {name: Milestone(0.5) for name in judged if name not in NAMES}
    return loss


def _at(loss: Loss, seconds: float) -> float:
    return time.time() - time.monotonic() + loss.began + seconds


def _checks(module: ModuleType, kind: str) -> list[tuple[str, Callable[..., None]]]:
    checks: list[tuple[str, Callable[..., None]]] = []
    for name, check in inspect.getmembers(module, inspect.isfunction):
        parameters = inspect.signature(check).parameters
        if not name.startswith("test_") or kind not in parameters:
            continue
        for backend in NAMES if "backend" in parameters else ("",):
            given = {"backend": backend} if backend else {}
            checks.append(
                (
                    name + backend,
                    lambda loss, nodes, check=check, parameters=parameters, given=given: check(
                        **given, **{kind: loss}, **({"nodes": nodes} if "nodes" in parameters else {})
                    ),
                )
            )
    return checks


def _is_red(check: Callable[..., None], loss: Loss, nodes: Any) -> bool:
    try:
        check(loss, cast(Any, nodes))
    except DrillFailedError:
        return True
    return False
