"""What surrounds a drill: guard, consent, budgets, verdicts, cases, history."""

import dataclasses
import json
import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hadrill.drill.case import Case, fault_of, why_no_fault
from hadrill.drill.collecting import Selection, cases
from hadrill.drill.invariants import Allowed, Judgement, Observed, judge
from hadrill.drill.result import Result
from hadrill.drill.verdict import Verdict
from hadrill.faults import FAULTS, Target, all_stops, fault, stops
from hadrill.inventory import Host, Inventory, read
from hadrill.inventory.settings import Objective
from hadrill.inventory.versions import components
from hadrill.placement import placed
from hadrill.remote import Output, Remote, UnreachableError
from hadrill.report import drills, memory
from hadrill.report.rows import DrillRow
from hadrill.report.screen import Screen
from hadrill.safety import journal
from hadrill.safety.consent import why_not_consented
from hadrill.safety.guard import Arithmetic, is_away
from hadrill.safety.heal import sweep
from hadrill.services import registry
from hadrill.services.cluster import Cluster, Traits
from hadrill.services.clusters import cluster_of
from hadrill.services.member import SILENT, Member
from hadrill.services.redis.record import SERVICE
from hadrill.services.service import CONTAINER, UNIT, Component, Role, Service
from hadrill.timing import Part, budget
from hadrill.workload import Lane

REDIS = placed(SERVICE, "redis")
TARGET = Target(
    "abc", REDIS, "redis-server", "198.18.0.1", ("198.18.0.124",), 6379, 6379, "/var/lib/hadrill-drills/abc"
)
THREE = {"a": 1, "b": 1, "c": 1}
LANES = ("write new 1", "write pooled 1")


def test_the_guard_says_the_sum() -> None:
    assert Arithmetic(THREE, (), ("a",), 2).holds
    degraded = Arithmetic(THREE, ("c",), ("a",), 2)
    assert not degraded.holds
    assert str(degraded) == "3 members, 1 already down (c), 1 would go (a): 1 left, 2 needed"


def test_the_guard_counts_votes_and_not_members() -> None:
    heavy = Arithmetic({"a": 3, "b": 1, "c": 1}, (), ("a",), 3)
    assert not heavy.holds
    assert str(heavy) == "3 members with votes a 3, b 1, c 1, 1 would go (a): 2 votes left, 3 needed"
    assert Arithmetic({"a": 3, "b": 1, "c": 1}, (), ("b",), 3).holds


def test_a_budget_prints_as_a_sum_with_sources() -> None:
    made = budget(
        [Part("down-after", 5.0, "live, redis-02"), Part("nothing", 0.0, "-"), Part("ping", 1.0, "sentinel.c")]
    )
    assert str(made) == "down-after 5.0 (live, redis-02) + ping 1.0 (sentinel.c) + margin 1.0 = 7.0 s"
    assert budget(made.parts, 2.0).seconds == 14.0


@pytest.mark.parametrize("name", [*FAULTS, *all_stops()])
def test_every_program_of_a_fault_is_one_for_a_shell(name: str) -> None:
    made = fault(name, TARGET)
    for program in (made.inject, made.proof, made.heal, made.available):
        subprocess.run(["sh", "-n"], input=program, text=True, check=True)


def test_an_unknown_fault_names_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"no fault 'earthquake': there are power-off, .*switchover"):
        fault("earthquake", TARGET)


OTHERS = Service(
    "others",
    "Others",
    99,
    roles=(Role("other"),),
    components=(
        Component("store", "A", placement=UNIT, unit="store.service"),
        Component("queue", "B", placement=UNIT, unit="queue.service", processes={"queue": "queued"}),
        Component("cache", "C", placement=CONTAINER),
        Component("hook", "D", placement=UNIT, unit="hook.timer", roles=("proxy",)),
        Component("container", "E", placement=UNIT, unit="container.service"),
    ),
)


def test_a_component_that_is_a_unit_of_its_own_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    records = (*registry.services(), OTHERS)
    monkeypatch.setattr(registry, "services", lambda: records)
    known = [f"{part.name}-stop" for part in OTHERS.components if not why_no_fault(f"{part.name}-stop", "others")]
    # `queue-stop` freezes the process, `container-stop` is the fault of every service.
    assert stops(OTHERS) == {"store-stop": "store"}
    assert known == ["store-stop", "queue-stop", "container-stop"]
    target = dataclasses.replace(TARGET, components={"store": placed(OTHERS, "store")})
    assert "systemctl stop" in fault_of("store-stop", target).inject
    assert fault_of("queue-stop", target).name == "process-stop"
    assert "no fault 'kubelet-stop' for others: there are" in why_no_fault("kubelet-stop", "others")
    assert "store-stop" in why_no_fault("kubelet-stop", "others")


def test_what_can_be_stopped_on_a_host_is_what_its_record_puts_there(lab: Path) -> None:
    for service, profile, roles in (
        ("redis", "data", ("redis",)),
        ("kubernetes", "kubernetes", ("k3s-server", "k3s-agent")),
    ):
        inventory = read(lab, profile)
        cluster = cluster_of(inventory, cast("Remote", None), service)
        for role in roles:
            units = [part.name for part in components(role, inventory.settings) if part.placement == UNIT]
            assert list(cluster.placements(inventory.of_role(role)[0])) == units
            assert bool(units) == (service == "kubernetes")


def judged(may_lose: bool = False, objective: Objective | None = None, **known: Any) -> Judgement:
    loses = {"loss_bound": lambda *_: "the bound", "may_lose": lambda *_: True, "traits": Traits(peer_port=1)}
    stub = cast("Cluster", type("Stub", (), loses)())
    result = Result("1", "redis", "redis-01", "master", "power-off")
    result.lanes = {
        name: {"outage_s": known.get("outage", 1.0), "return_outage_s": known.get("back", 0.1)} for name in LANES
    }
    result.lost = known.get("lost", 0)
    lanes = [cast("Lane", SimpleNamespace(name=name, seconds=2.0)) for name in LANES]
    allowed = Allowed(10.0, "5 + 5 = 10.0 s")
    return judge(Observed(stub, result, (), lanes, lambda _: allowed, may_lose=may_lose, objective=objective))


def causes(*arguments: Any, **known: Any) -> list[str]:
    return [problem.what for problem in judged(*arguments, **known).problems]


def test_a_drill_within_its_budget_passes() -> None:
    assert judged() == Judgement()


def test_an_outage_over_the_budget_fails_in_one_line_and_its_sum_is_told_once() -> None:
    (problem,) = judged(outage=10.5).problems
    assert problem.what == "10.5 s without success (write pooled 1 at the fault and 1 more), allowed 10.0 s"
    assert problem.details == (
        "write pooled 1 at the fault: 10.5 s, allowed 10.0 s",
        "write new 1 at the fault: 10.5 s, allowed 10.0 s",
        "allowed: 5 + 5 = 10.0 s",
    )


def test_an_outage_at_the_return_of_the_member_counts_too() -> None:
    assert "at the return of the member" in causes(back=11.0)[0]


def test_the_owners_promise_counts_where_it_is_stricter() -> None:
    assert causes(outage=3.0, objective=Objective(rto="2s")) == [
        "3.0 s without success (write pooled 1 at the fault and 1 more), allowed 2.0 s (slo.redis.rto)"
    ]
    assert causes(outage=3.0, objective=Objective(rto="60s")) == []
    (lost,) = judged(may_lose=True, lost=1, objective=Objective(lost_writes=0)).problems
    assert lost.what.endswith("slo.redis.lost_writes allows 0")
    assert "what may be: the bound" in lost.details


def test_hosts_are_asked_for_every_failure_but_a_loss_that_their_settings_allow() -> None:
    none = Objective(lost_writes=0)
    assert [problem.known for problem in judged(True, none, lost=1).problems] == [True]
    assert [problem.known for problem in judged(True, none, lost=1, outage=10.5).problems] == [True, False]
    assert [problem.known for problem in judged(lost=1).problems] == [False]


def test_a_lost_write_fails_where_none_may_be_and_is_reported_where_some_may() -> None:
    assert causes(lost=2) == ["2 acknowledged writes lost within 0.0 s, none may be"]
    allowed = judged(may_lose=True, lost=2)
    assert allowed.problems == []
    assert "bound: the bound" in allowed.notes[0]


def test_consent_is_needed_twice_outside_the_lab(lab_inventory: Inventory) -> None:
    host = lab_inventory.host("redis-01")
    assert why_not_consented(lab_inventory, [host], []) == ""
    settings = lab_inventory.settings.model_copy(update={"lab": False})
    outside = Inventory(
        lab_inventory.folder, lab_inventory.hosts, lab_inventory.versions, settings, lab_inventory.credentials
    )
    assert "settings.yaml does not allow faults on redis-01" in why_not_consented(outside, [host], ["redis-01"])
    faults = settings.faults.model_copy(update={"consent": ("redis-01",)})
    allowed = Inventory(
        lab_inventory.folder,
        lab_inventory.hosts,
        lab_inventory.versions,
        settings.model_copy(update={"faults": faults}),
        lab_inventory.credentials,
    )
    assert "--consent redis-01" in why_not_consented(allowed, [host], [])
    assert why_not_consented(allowed, [host], ["redis-01"]) == ""


LISTED = {"master": ("power-off", "isolate"), "replica": ("power-off",), "sentinel": ("container-stop",)}


def test_cases_by_role_without_a_node(lab_inventory: Inventory) -> None:
    made = cases(lab_inventory, "redis", LISTED, Selection())
    assert [str(case) for case in made] == [
        "master-power-off",
        "master-isolate",
        "replica-power-off",
        "sentinel-container-stop",
    ]


def test_a_node_takes_the_role_that_it_has_when_the_drill_begins(lab_inventory: Inventory) -> None:
    made = cases(lab_inventory, "redis", LISTED, Selection(node="redis-02"))
    assert made == [
        Case("redis", "power-off", "", "redis-02"),
        Case("redis", "isolate", "", "redis-02"),
        Case("redis", "container-stop", "sentinel", "redis-02"),
    ]
    assert cases(lab_inventory, "redis", LISTED, Selection(node="maria-01")) == []


def test_one_late_answer_does_not_make_a_member_a_lost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hadrill.safety.guard.SILENT_SECONDS", 1.0)
    answers = iter([SILENT, SILENT, Member("replica")])
    assert not is_away(lambda: next(answers))
    assert is_away(lambda: SILENT)
    assert is_away(lambda: Member("down", away=True))
    assert not is_away(lambda: Member("down"))


def test_a_lost_majority_is_drilled_only_where_its_service_is_meant(lab_inventory: Inventory) -> None:
    assert Selection().concerns(lab_inventory, "redis")
    assert Selection(service="redis").concerns(lab_inventory, "redis")
    assert not Selection(service="redis").concerns(lab_inventory, "postgresql")
    assert Selection(node="redis-02").concerns(lab_inventory, "redis")
    assert not Selection(node="maria-01").concerns(lab_inventory, "redis")


def test_filters_repeats_and_faults_that_are_not_listed(lab_inventory: Inventory) -> None:
    assert cases(lab_inventory, "redis", LISTED, Selection(role="master", fault="isolate", repeat=3)) == 3 * [
        Case("redis", "isolate", "master")
    ]
    assert cases(lab_inventory, "redis", LISTED, Selection(role="replica", fault="slow-link")) == [
        Case("redis", "slow-link", "replica")
    ]
    assert cases(lab_inventory, "redis", LISTED, Selection(service="minio")) == []
    leading = cases(lab_inventory, "redis", LISTED, Selection(node="redis-02", make_leader=True))
    assert leading == [Case("redis", "power-off", "master", "redis-02"), Case("redis", "isolate", "master", "redis-02")]


def test_a_host_that_another_run_has_switched_off_is_not_left_behind(
    lab_inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    class Off:
        """SSH to hosts of which redis-02 is off and nobody else has anything left."""

        def everywhere(self, hosts: list[Host], _work: object) -> dict[Host, object]:
            off = UnreachableError("redis-02", "no SSH at 198.18.0.124:22")
            return {host: off if host.name == "redis-02" else [] for host in hosts}

    def swept() -> list[str]:
        return sweep(cast(Remote, Off()), lab_inventory, [])[1]

    place, living = str(lab_inventory.folder.absolute()), (os.getpid(), journal.started(os.getpid()))
    assert swept() == ["redis-02: no SSH at 198.18.0.124:22"]
    journal.Entry("d1", place, "redis-02", "isolate", False, (), *living).write()
    assert swept(), "an isolated host still answers the runner"
    journal.Entry("d2", place, "redis-02", "power-off", True, (), os.getpid(), "1").write()
    assert swept(), "its run is over"
    journal.Entry("d3", place, "redis-02", "power-off", True, (), *living).write()
    assert swept() == []


def test_a_drill_that_begins_elsewhere_while_hosts_are_swept_is_left_alone(
    lab_inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    drill = "feedfacefeed"
    asked: list[str] = []

    class Hosts:
        """SSH to hosts on which another computer's drill takes its lease and is armed after the first question."""

        def everywhere(self, hosts: Iterable[Host], work: Callable[[Host], object]) -> dict[Host, object]:
            answers = {host: work(host) for host in hosts}
            asked.append("a round")
            return answers

        def run(self, _host: Host, _program: str, **_: object) -> Output:
            return Output(0, f"{drill}\n" if asked else "", "")

        def attempt(self, host: Host, program: str) -> Output:
            return self.run(host, program)

    assert sweep(cast(Remote, Hosts()), lab_inventory, []) == ([], [])
    done, _ = sweep(cast(Remote, Hosts()), lab_inventory, [], everything=True)
    assert f"redis-02: drill {drill} is undone" in done


def test_selections_that_cannot_be_meant_are_all_named(lab_inventory: Inventory) -> None:
    problems = "\n".join(
        Selection("nobody", "nothing", "earthquake", "king", 0, make_leader=True).problems(lab_inventory)
    )
    for part in ("--node nobody", "--service nothing", "--fault earthquake", "--role king", "--repeat 0"):
        assert part in problems


def row(outage: float | None, verdict: str = "passed") -> DrillRow:
    result = Result(
        "1", "redis", "redis-01", "master", "power-off", Verdict(verdict), outage_s=outage, budget_s=10.0, lost=0
    )
    return result.as_json()


def test_repeated_drills_show_their_distribution() -> None:
    text = "\n".join(drills.table([row(5.0), row(6.0), row(7.0, "failed")], Screen()))
    assert "Failover drills  2/3 passed, 1 failed" in text
    assert "redis/master/power-off: 2/3 passed, outage min 5.00 median 6.00 p95 6.90 max 7.00 s" in text


def test_the_history_shows_trends(tmp_path: Path) -> None:
    memory.remember(tmp_path, [row(5.0), row(None, "inconclusive")])
    memory.remember(tmp_path, [row(8.0)])
    assert all(json.loads(line)["at"] for line in (tmp_path / "history.jsonl").read_text().splitlines())
    ((key, runs, passed, median, longest, last, change, _),) = memory.trends(tmp_path)
    assert (key, runs, passed) == ("redis/master/power-off", "3", "2")
    assert (median, longest, last, change) == ("6.50", "8.00", "8.00", "+3.00")
