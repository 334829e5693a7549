"""Chaos without a cluster: schedules are functions of their seed, and broken promises are seen in made-up histories."""

import fcntl
import json
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from pathlib import Path

import pytest

from hadrill.chaos import Round, Schedule, ScheduleError, Step, draw
from hadrill.chaos.draw import CUT_SECONDS, CUTS
from hadrill.chaos.draw import FAULTS as FAULTS_DRAWN
from hadrill.chaos.gate import Gate
from hadrill.chaos.possible import possible
from hadrill.chaos.schedule import MOMENTS, SAME, numbers_of, seconds_of
from hadrill.chaos.shrink import shrink
from hadrill.drill.case import why_no_fault
from hadrill.faults import all_stops
from hadrill.inventory import Inventory, read
from hadrill.inventory.settings import Chaos
from hadrill.services.clusters import roles_of
from hadrill.services.member_roles import member_role, names
from hadrill.timing import POLL, Deadline, eventually

TEN_MINUTES = 600.0
TURN_SECONDS = 10.0


@pytest.fixture(autouse=True)
def _nobody_waits_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that does not open fails its test instead of hanging it."""
    monkeypatch.setattr("hadrill.chaos.gate.WAIT_SECONDS", TURN_SECONDS)


def test_the_same_seed_is_the_same_text(lab_inventory: Inventory) -> None:
    first = draw(42, TEN_MINUTES, lab_inventory).as_json()
    assert draw(42, TEN_MINUTES, lab_inventory).as_json() == first
    assert draw(43, TEN_MINUTES, lab_inventory).rounds != draw(42, TEN_MINUTES, lab_inventory).rounds


def test_another_service_changes_nothing_in_a_lane(lab_inventory: Inventory) -> None:
    alone = [drawn.steps for drawn in draw(42, TEN_MINUTES, lab_inventory, ["redis"]).rounds]
    assert alone == [drawn.steps for drawn in draw(42, TEN_MINUTES, lab_inventory).of("redis")]


def test_every_step_can_be_meant(lab_inventory: Inventory) -> None:
    hosts = {host.name for host in lab_inventory.hosts}
    shapes = set()
    for drawn in draw(7, 20 * TEN_MINUTES, lab_inventory).rounds:
        shapes.add(tuple(step.after for step in drawn.steps))
        assert (drawn.calm_s > 0) == (not drawn.steps)
        for number, step in enumerate(drawn.steps):
            assert not why_no_fault(step.fault, drawn.service)
            assert step.target in {SAME, *hosts, *names(drawn.service)}
            assert step.after in MOMENTS
            assert (number == 0) == (step.after == "begin")
            assert (step.target == SAME) <= (number > 0)
    assert {after for shape in shapes for after in shape} == {"begin", "inject", "detect", "heal", "whole"}


def test_kubernetes_is_drawn_with_faults_of_its_own(lab: Path) -> None:
    steps = [step for drawn in draw(7, 20 * TEN_MINUTES, read(lab, "kubernetes")).rounds for step in drawn.steps]
    assert {step.fault for step in steps} == set(member_role("kubernetes", "server").faults) - {"reject"}
    assert not {step.fault for step in steps if step.target == "agent"} & {"api-stop", "etcd-stop"}
    assert {step.target for step in steps if step.fault == "reboot"} == {
        host.name for host in read(lab, "kubernetes").hosts if host.role in roles_of("kubernetes")
    }


def test_a_cut_under_another_fault_lasts_until_it_is_noticed(lab_inventory: Inventory) -> None:
    under = [
        step
        for drawn in draw(7, 20 * TEN_MINUTES, lab_inventory).rounds
        for step in drawn.steps
        if step.after == "inject"
    ]
    cuts = {step.hold_s for step in under if step.fault in CUTS}
    assert cuts == {CUT_SECONDS} != {step.hold_s for step in under if step.fault not in CUTS}


def test_weights_of_the_settings_count(lab_inventory: Inventory) -> None:
    def with_weights(chaos: Chaos) -> Inventory:
        return replace(lab_inventory, settings=lab_inventory.settings.model_copy(update={"chaos": chaos}))

    calm = draw(1, TEN_MINUTES, with_weights(Chaos(shapes=dict.fromkeys(("single", "again", "slow", "proxy"), 0))))
    assert {len(drawn.steps) for drawn in calm.of("redis")} == {0, 3}
    assert not calm.of("haproxy")
    nothing = dict.fromkeys([*FAULTS_DRAWN, *all_stops()], 0.0)
    with pytest.raises(ScheduleError, match="nothing is left to draw for"):
        draw(1, TEN_MINUTES, with_weights(Chaos(faults=nothing)))
    with pytest.raises(ScheduleError, match=r"settings.yaml: chaos.faults: no 'earthquake': there are container-kill"):
        draw(1, TEN_MINUTES, with_weights(Chaos(faults={"earthquake": 1})))


def test_a_schedule_that_was_kept_is_the_same(lab_inventory: Inventory, tmp_path: Path) -> None:
    file, drawn = tmp_path / "schedule.json", draw(42, TEN_MINUTES, lab_inventory)
    file.write_text(drawn.as_json(), "utf-8")
    assert Schedule.read(file, "lab") == drawn
    assert [kept.number for kept in drawn.only({3, 5}).rounds] == [3, 5]
    with pytest.raises(ScheduleError, match="no round 9999: there are 1 to"):
        drawn.only({9999})
    with pytest.raises(ScheduleError, match="about the inventory 'lab', not 'keybuzz'"):
        Schedule.read(file, "keybuzz")


@pytest.mark.parametrize(
    ("change", "text"),
    [({"version": 2}, "version 2, this hadrill knows 1"), ({"rounds": [{}]}, "KeyError"), ({"rounds": 3}, "TypeError")],
)
def test_what_is_no_schedule_is_told(
    change: dict[str, object], text: str, lab_inventory: Inventory, tmp_path: Path
) -> None:
    file = tmp_path / "schedule.json"
    file.write_text(json.dumps(json.loads(draw(42, 60.0, lab_inventory).as_json()) | change), "utf-8")
    with pytest.raises(ScheduleError, match=text):
        Schedule.read(file)
    with pytest.raises(ScheduleError, match="No such file"):
        Schedule.read(tmp_path / "nothing")


def test_everything_that_is_not_there_is_told_at_once(lab_inventory: Inventory) -> None:
    assert possible(draw(42, TEN_MINUTES, lab_inventory), lab_inventory).seed == 42
    steps = (Step("earthquake", "redis-09", "begin", 0.0, 0.0),)
    wrong = Schedule(0, "lab", 60.0, (Round(1, "redis", steps), Round(2, "oracle", ())))
    with pytest.raises(ScheduleError) as told:
        possible(wrong, lab_inventory)
    lines = str(told.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["round 1", "round 1", "round 2"]
    assert "no target 'redis-09': name a host, 'same', or one of master, replica, sentinel" in lines[1]


def test_a_round_that_breaks_another_cluster_s_host_is_refused_by_name(lab_inventory: Inventory) -> None:
    def steps(*targets: str) -> tuple[Step, ...]:
        return tuple(Step("isolate", target, "begin", 0.0, 0.0) for target in targets)

    proxy = lab_inventory.of_role("haproxy")[0].name
    own = Schedule(0, "lab", 60.0, (Round(1, "redis", steps("master", "redis-02", SAME, proxy)),))
    assert possible(own, lab_inventory) == own
    with pytest.raises(ScheduleError) as told:
        possible(Schedule(0, "lab", 60.0, (Round(1, "redis", steps("redis-01", "maria-01")),)), lab_inventory)
    (line,) = str(told.value).splitlines()
    assert line.startswith("round 1: maria-01 is no host of redis: a round breaks its own hosts alone: haproxy-01,")


def test_rounds_and_durations_as_people_write_them() -> None:
    assert numbers_of("3-5, 9") == {3, 4, 5, 9}
    assert [seconds_of(text) for text in ("90s", "1.5m", "8h")] == [90.0, 90.0, 28800.0]
    for wrong in ("", "3-", "x"):
        with pytest.raises(ScheduleError):
            numbers_of(wrong)
    for wrong in ("10", "m", "-1s"):
        with pytest.raises(ScheduleError):
            seconds_of(wrong)


@pytest.mark.parametrize("seed", range(12))
def test_shrinking_ends_at_the_one_step_that_matters(seed: int, lab_inventory: Inventory) -> None:
    drawn = draw(seed, 120.0, lab_inventory, ["redis", "minio"])
    guilty = [(one.service, step.fault) for one in drawn.rounds for step in one.steps][:1]

    def fails(candidate: Schedule) -> bool:
        return any((one.service, step.fault) in guilty for one in candidate.rounds for step in one.steps)

    smallest = shrink(drawn, fails, Deadline(60.0))
    assert (smallest.done, smallest.steps) == (True, 1)
    (step,) = smallest.schedule.rounds[0].steps
    assert (step.after, step.delay_s, step.hold_s) == ("begin", 0.0, 0.0)


def test_shrinking_keeps_what_fails_when_its_time_is_over(lab_inventory: Inventory) -> None:
    drawn = draw(1, 120.0, lab_inventory)
    smallest = shrink(drawn, lambda _: True, Deadline(0.0))
    assert (smallest.schedule, smallest.done) == (drawn, False)


def test_who_wants_to_be_alone_waits_for_those_inside_and_keeps_others_out(tmp_path: Path) -> None:
    gate, came = Gate(tmp_path, 2), list[str]()
    with ThreadPoolExecutor(max_workers=2) as pool:
        with gate.entered(Deadline(TEN_MINUTES), alone=False):
            alone = pool.submit(_go_in, Gate(tmp_path, 2), True, came, "alone")
            eventually(
                "the door to be kept", lambda: None if _locked(tmp_path / "door.lock") else "open", Deadline(5.0)
            )
            late_comer = pool.submit(_go_in, Gate(tmp_path, 2), False, came, "late comer")
            with pytest.raises(FutureTimeoutError):
                late_comer.result(4 * POLL)
            assert came == []
        alone.result(5.0)
        late_comer.result(5.0)
    assert came == ["alone", "late comer"]


def test_others_have_their_turn_between_two_that_want_to_be_alone(tmp_path: Path) -> None:
    others = ("redis", "minio")
    gate, other, came = Gate(tmp_path, 2, others), Gate(tmp_path, 2), list[str]()
    with ThreadPoolExecutor(max_workers=1) as pool, other.present("redis"), Gate(tmp_path, 2).present("minio"):
        alone = pool.submit(_go_in, gate, True, came, "alone")
        for number in (1, 2):
            with pytest.raises(FutureTimeoutError):
                alone.result(4 * POLL)
            _go_in(other, False, came, f"turn {number}")
        alone.result(5.0)
    assert came == ["turn 1", "turn 2", "alone"]
    with gate.entered(Deadline(0.0), alone=True):
        came.append("the time is over")
    assert came[-1] == "the time is over"


def test_a_lane_that_has_ended_is_not_waited_for(tmp_path: Path) -> None:
    came: list[str] = []
    gate = Gate(tmp_path, 2, ("redis", "minio"))
    with Gate(tmp_path, 2).present("redis"), ThreadPoolExecutor(max_workers=1) as pool:
        alone = pool.submit(_go_in, gate, True, came, "alone")
        with pytest.raises(FutureTimeoutError):
            alone.result(4 * POLL)
        _go_in(Gate(tmp_path, 2), False, came, "redis' turn")
        alone.result(5.0)
    _go_in(Gate(tmp_path, 2, ("redis", "minio")), True, came, "alone, with nobody left")
    assert came == ["redis' turn", "alone", "alone, with nobody left"]


def test_there_are_no_more_inside_than_places(tmp_path: Path) -> None:
    came: list[str] = []
    with ThreadPoolExecutor(max_workers=1) as pool:
        with (
            Gate(tmp_path, 2).entered(Deadline(TEN_MINUTES), alone=False),
            Gate(tmp_path, 2).entered(Deadline(TEN_MINUTES), alone=False),
        ):
            third = pool.submit(_go_in, Gate(tmp_path, 2), False, came, "third")
            with pytest.raises(FutureTimeoutError):
                third.result(4 * POLL)
        third.result(5.0)
    assert came == ["third"]


def _go_in(gate: Gate, alone: bool, came: list[str], name: str) -> None:
    with gate.entered(Deadline(TEN_MINUTES), alone=alone):
        came.append(name)


def _locked(file: Path) -> bool:
    with file.open("w") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
