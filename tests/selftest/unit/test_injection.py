"""Breaking one host without a lab: what is written down, what is undone, and what nothing may stand in the way of."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from hadrill.drill import Case, Experiment, Session, counting
from hadrill.drill import injection as module
from hadrill.drill.errors import DegradedError, InconclusiveError
from hadrill.drill.injection import Injection
from hadrill.drill.live import Live
from hadrill.drill.scenarios import SingleFault
from hadrill.faults import BLACKHOLE, STOP, Fault
from hadrill.inventory import Host, Inventory
from hadrill.remote import CommandFailedError, Output, Remote
from hadrill.safety import heal, journal, on_target
from hadrill.services.cluster import Cluster
from hadrill.timing import Budget, Part

POWER_OFF = Fault("power-off", BLACKHOLE, power="off")
ISOLATE = Fault("isolate", STOP)
SECONDS = 10.0


class Hosts:
    """SSH to hosts that do all they are asked, and remember it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def run(self, host: Host, command: str, **_: object) -> Output:
        self.asked.append(f"{host}: {command}")
        return Output(0, "", "")

    attempt = run

    def everywhere(self, hosts: list[Host], work: Callable[[Host], Any]) -> dict[Host, Any]:
        return {host: work(host) for host in hosts}

    def last(self, text: str) -> bool:
        """Whether somebody was asked for it."""
        return any(text in line for line in self.asked)


class Machines:
    """A power driver; `bug` is what switching on ends with."""

    heals = True

    def __init__(self, bug: Exception | None = None) -> None:
        self.bug = bug
        self.done: list[str] = []

    def off(self, host: Host) -> None:
        self.done.append(f"off {host}")

    reset = off

    def on(self, host: Host) -> None:
        if self.bug is not None:
            raise self.bug
        self.done.append(f"on {host}")

    def is_on(self, _: Host) -> bool:
        return f"off {_}" not in self.done


class Watches:
    """A watchdog that is there."""

    died = False

    def ready(self) -> bool:
        return True


class Trio:
    """Three members, of which the first leads."""

    service = label = "redis"

    def __init__(self, inventory: Inventory) -> None:
        self.members: tuple[Host, ...] = inventory.of_role("redis")
        self.shared: tuple[Host, ...] = ()
        self.first = self.members[0]
        self.away: set[Host] = set()
        self.probe: Callable[[Host], object] = lambda _: None
        self.budget: Callable[..., Budget]
        self.handed: list[str] = []
        self.hand_over: Callable[[Host], None] = lambda _: None
        self.place: Callable[..., None]

    def why_not_healthy(self) -> str | None:
        return None

    def leader(self) -> Host:
        return self.first

    def role(self, host: Host) -> str:
        return "master" if host == self.first else "replica"

    def target(self, role: str) -> Host:
        return next(host for host in self.members if self.role(host) == role)


class Bench:
    """An injection into the first member, and all that it touches."""

    def __init__(self, inventory: Inventory, folder: Path) -> None:
        self.hosts, self.machines, self.cluster = Hosts(), Machines(), Trio(inventory)
        self.steps: list[int] = []
        self.tell: Callable[[int, str], None] = lambda number, _: self.steps.append(number)
        self.session = Session(inventory, cast("Remote", self.hosts), folder)
        self.session._power, self.session._watchdog = self.machines, cast("Any", Watches())

    def injection(self, case: Case | None = None) -> Injection:
        case = case or Case("redis", "power-off", "master")
        return Injection(self.session, cast("Cluster", self.cluster), case, "d1", lambda *step: self.tell(*step))


@pytest.fixture
def bench(lab_inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = Bench(lab_inventory, tmp_path / "drills")
    monkeypatch.setattr(heal, "driver", lambda _: made.machines)
    return made


@contextmanager
def drilled(injection: Injection, fault: Fault) -> Iterator[None]:
    """All that an experiment does with one."""
    with injection.leased(fault, SECONDS), injection.broken(fault, SECONDS):
        yield


def written() -> list[str]:
    return [f"{entry.fault} on {entry.host}" for entry in journal.entries()]


def test_what_was_broken_is_healed_released_and_crossed_out(bench: Bench) -> None:
    with drilled(bench.injection(), POWER_OFF):
        assert written() == ["power-off on redis-01"]
    assert bench.machines.done == ["off redis-01", "on redis-01"]
    assert bench.steps == [4, 5, 7, 10]
    assert bench.hosts.last("leases/d1")
    assert written() == []


def test_a_bug_while_healing_is_told_and_the_host_stays_in_the_journal(bench: Bench) -> None:
    bench.machines.bug = KeyError("servers")
    injection = bench.injection()
    with drilled(injection, POWER_OFF):
        pass
    assert injection.problems == ["redis-01: power-off of drill d1 is not undone: KeyError: 'servers'"]
    assert written() == ["power-off on redis-01"]
    assert bench.steps[-1] == 10, "its hosts are given back all the same"


def test_healing_that_does_not_come_to_its_end_leaves_word(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(*_: object) -> str:
        raise SystemExit(1)

    monkeypatch.setattr(module, "heal_entry", ends)
    with pytest.raises(SystemExit), drilled(bench.injection(), POWER_OFF):
        pass
    assert written() == ["power-off on redis-01"]


def _gone(number: int, _: str) -> None:
    if number in (7, 10):
        raise BrokenPipeError(32, "Broken pipe")


def _hangs(number: int, _: str) -> None:
    if number in (7, 10):
        threading.Event().wait()


@pytest.mark.parametrize("tell", [_gone, _hangs])
def test_a_console_that_is_gone_or_hangs_keeps_nobody_from_healing(
    bench: Bench, tell: Callable[[int, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TELL_SECONDS", 0.05, raising=False)
    bench.tell = tell
    before = bench.injection()
    with drilled(before, POWER_OFF):
        pass
    assert bench.machines.done == ["off redis-01", "on redis-01"]
    assert bench.hosts.last("rm -f /var/lib/hadrill-drills/leases/d1")
    assert written() == []


@pytest.mark.parametrize("error", [OSError(25, "no terminal"), ValueError("I/O operation on closed file")])
def test_the_line_of_a_drill_may_go_nowhere(error: Exception) -> None:
    def say(_: str) -> None:
        raise error

    live = Live(say, "redis isolate")
    live.step(1, "guard")
    live.end("passed")


def test_a_machine_is_not_switched_on_for_a_runner_that_died_while_it_waited(bench: Bench) -> None:
    with bench.injection().leased(POWER_OFF, SECONDS):
        (entry,) = journal.entries()
        assert heal.heal_entry(bench.session.remote, bench.session.inventory, entry) == ""
        assert heal._switched_off(bench.session.inventory) == set()
    assert bench.machines.done == []


def test_a_machine_whose_timer_cannot_be_armed_keeps_its_power_as_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise CommandFailedError("redis-01", "arm", Output(1, "", "no systemd"))

    monkeypatch.setattr(on_target, "arm", fails)
    with pytest.raises(CommandFailedError), drilled(bench.injection(), POWER_OFF):
        pass
    assert bench.machines.done == []
    assert written() == []


def test_a_machine_is_switched_on_from_the_moment_on_in_which_its_power_is_cut(bench: Bench) -> None:
    with drilled(bench.injection(), POWER_OFF):
        (entry,) = journal.entries()
        assert entry.made
        assert heal._switched_off(bench.session.inventory) == {"redis-01"}
        assert heal.heal_entry(bench.session.remote, bench.session.inventory, entry) == ""
    assert bench.machines.done == ["off redis-01", "on redis-01", "on redis-01"]


def _guarded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the role and the number of members matters."""
    monkeypatch.setattr(module, "target_of", lambda *_: None)
    monkeypatch.setattr(module, "fault_of", lambda *_: POWER_OFF)
    monkeypatch.setattr(counting, "is_away", lambda gone: gone)
    bench.cluster.probe = lambda host: host in bench.cluster.away


@pytest.mark.parametrize(("planned", "now"), [("master", "replica"), ("replica", "master")])
def test_a_member_that_changed_its_role_meanwhile_is_not_broken(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, planned: str, now: str
) -> None:
    _guarded(bench, monkeypatch)
    injection = bench.injection(Case("redis", "power-off", planned))
    assert injection.guard() == injection.guard_again() == POWER_OFF
    bench.cluster.first = bench.cluster.members[1]
    with pytest.raises(InconclusiveError, match=f"{injection.host} became {now} meanwhile"):
        injection.guard_again()


def test_a_scenario_breaks_nothing_when_a_member_was_lost_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    _guarded(bench, monkeypatch)
    scenario = SingleFault(cast("Cluster", bench.cluster), Case("redis", "power-off", "master"))
    bench.cluster.budget = lambda *_: Budget((Part("part", 4.0, "made up"),))
    run = cast("Any", Experiment(bench.session, scenario))
    plan = scenario.plan(run)
    bench.cluster.away = {bench.cluster.members[2]}
    with pytest.raises(DegradedError, match="1 already down \\(redis-03\\)"), scenario.broken(run, plan):
        pass
    assert bench.machines.done == []


def test_what_a_beside_role_is_about_has_no_role_to_lose(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _guarded(bench, monkeypatch)
    injection = bench.injection(Case("redis", "power-off", "sentinel", "redis-01"))
    bench.cluster.first = bench.cluster.members[1]
    assert injection.guard_again() == POWER_OFF


def _led(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """A drill on a member that is to be made the master first; it ends once its place is to be made."""

    def hand_over(to: Host) -> None:
        assert bench.hosts.last(run.id), "its hosts are leased"
        bench.cluster.handed.append(to.name)
        bench.cluster.first = to

    def place(*_: object) -> None:
        raise InconclusiveError("that is enough")

    _guarded(bench, monkeypatch)
    bench.session.force = True
    bench.cluster.budget = lambda *_: Budget((Part("part", 4.0, "made up"),))
    bench.cluster.hand_over, bench.cluster.place = hand_over, place
    scenario = SingleFault(cast("Cluster", bench.cluster), Case("redis", "power-off", "master", "redis-02"), lead=True)
    run = Experiment(bench.session, scenario)
    return run


def test_a_member_is_made_the_leader_inside_the_lease(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _led(bench, monkeypatch)
    assert "redis-02 is made the master" in str(run.plan())
    assert bench.cluster.handed == [], "a plan only asks"
    result = run.run()
    assert (result.cause, result.node, result.role) == ("that is enough", "redis-02", "master")
    assert bench.cluster.handed == ["redis-02"]
    assert written() == []


def test_without_consent_nobody_is_made_the_leader(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _led(bench, monkeypatch)
    monkeypatch.setattr(module, "why_not_consented", lambda *_: "add it to faults.consent")
    assert run.run().cause == "add it to faults.consent"
    assert bench.cluster.handed == []
    assert not bench.hosts.last(f" {run.id} ")
