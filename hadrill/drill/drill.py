"""The ten steps of a drill."""

import contextlib
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hadrill.drill.case import Case, fault_of
from hadrill.drill.evidence import keep_evidence
from hadrill.drill.judge import judge, split_brain
from hadrill.drill.live import Live
from hadrill.drill.observer import Observer
from hadrill.drill.result import INCONCLUSIVE, PHASES, Result
from hadrill.drill.session import Session
from hadrill.faults import PLANNED, Fault, Target
from hadrill.faults.power import PowerError
from hadrill.inventory import Host
from hadrill.remote import RemoteError
from hadrill.safety import on_target
from hadrill.safety.consent import refused
from hadrill.safety.guard import Arithmetic
from hadrill.safety.heal import heal_entry
from hadrill.safety.journal import Entry, started
from hadrill.safety.lease import EXCLUSIVE, SHARED, Lease, LeaseHeldError
from hadrill.safety.signals import shielded
from hadrill.services.asking import FAILURES
from hadrill.services.cluster import SILENT, Cluster
from hadrill.timing import Budget, Deadline, OverdueError, Timeline, eventually
from hadrill.workload import FAIL, OK, UNKNOWN, Workload, latencies, longest_outage

STEADY_SECONDS = 15.0
HOLD_SECONDS = 3.0
"""A fault is watched at least so long: its effect need not be there at once."""
OVERTIME_SECONDS = 20.0
"""So long beyond its budget a drill waits, to say how much too slow it was."""
CONVERGE_SECONDS = 180.0
LEASE_SECONDS = 600.0
"""What a lease lasts beyond the budget: convergence and reading back."""


class InconclusiveError(Exception):
    """The drill says nothing about the cluster: refused, not steady before, or the fault was not there."""


class UnavailableError(InconclusiveError):
    """The host cannot offer this fault."""


class Drill:
    """One case, run once."""

    def __init__(self, session: Session, cluster: Cluster, case: Case) -> None:
        self.session, self.cluster, self.case = session, cluster, case
        self.id = uuid.uuid4().hex[:12]
        self.timeline = Timeline()
        self.live = Live(session.say, f"{case.service} {case}")
        self.folder: Path = session.folder / f"{case.service}-{case}-{self.id}"
        self.problems: list[str] = []
        self.moments: dict[str, float] = {}

    def run(self) -> Result:
        """All ten steps. Never raises for what a drill may meet: that is an inconclusive result, with its reason."""
        begun = time.monotonic()
        self.result = Result(self.id, self.case.service, self.case.host, self.case.role, self.case.fault)
        try:
            self._run()
        except (InconclusiveError, LeaseHeldError, PowerError, RemoteError, OverdueError, LookupError, *FAILURES) as error:
            self.result.verdict = INCONCLUSIVE
            self.result.cause = str(error) or type(error).__name__
        finally:
            self.live.end(self.result.verdict)
        self.result.wall_s = round(time.monotonic() - begun, 2)
        if "converged" in self.moments and "inject" in self.moments:
            breaking = self.moments["converged"] - self.moments["inject"]
            self.result.overhead_s = round(self.result.wall_s - breaking, 2)
            self.result.converged_s = round(self.moments["converged"] - self.moments["heal"], 2)
        return self.result

    def _run(self) -> None:
        self._step(1, "guard")
        host, role, fault = self._guard()
        self._step(2, "lease")
        budget = self.cluster.budget(fault.kind, role)
        self.result.budget_s, self.result.budget = round(budget.seconds, 2), str(budget)
        self.live.budget = budget.seconds
        lease = self._lease(budget)
        lease.take()
        try:
            self._leased(host, role, fault, budget)
        finally:
            with shielded():
                self._step(10, "release")
                lease.release()

    def plan(self) -> str:
        """What run() would do, in a few lines. Touches nothing."""
        host, role, fault = self._guard()
        budget = self.cluster.budget(fault.kind, role)
        undo = f"power on by driver" if fault.power else fault.heal
        return (
            f"{self.case.service} {fault.name} on {host} ({role})\n"
            f"    guard   {self._arithmetic(host)}\n"
            f"    budget  {budget}\n"
            f"    inject  {fault.inject if fault.on_host else fault.power or 'a planned switchover'}\n"
            f"    undo    {undo if fault.lasts else 'nothing to undo: it recovers by itself'}"
        )

    def _step(self, number: int, name: str) -> None:
        self.moments.setdefault(name, time.monotonic())
        self.timeline.add("drill", f"step {number} {name}")
        self.live.step(number, name)

    def _guard(self) -> tuple[Host, str, Fault]:
        host, role = self._target()
        self.result.node, self.result.role = host.name, role
        if reason := refused(self.session.inventory, [host], self.session.consent):
            raise InconclusiveError(reason)
        fault = fault_of(self.case.fault, self._aim(host, role))
        if fault.kind == PLANNED and role != self.cluster.roles[0]:
            raise UnavailableError(f"a planned switchover needs the {self.cluster.roles[0]}; {host} is {role}")
        if fault.kind != PLANNED:
            arithmetic = self._arithmetic(host)
            if not arithmetic.holds:
                raise InconclusiveError(f"refused, it would break the quorum: {arithmetic}")
            if arithmetic.down:
                raise InconclusiveError(f"refused, the cluster is degraded already: {arithmetic}")
        if reason := self.cluster.unavailable(self.case.fault, role):
            raise UnavailableError(reason)
        if fault.power and not self.session.power.is_on(host):
            raise InconclusiveError(f"{host} has no power already")
        if fault.power == "off" and not self.session.power.heals:
            raise InconclusiveError(f"the power driver cannot switch {host} on again: name another as faults.power")
        if fault.on_host:
            answer = self.session.remote.attempt(host, fault.available)
            if answer.status != 0:
                raise UnavailableError(f"{fault.name} is unavailable on {host}: {answer.stdout.strip() or answer.tail}")
        return host, role, fault

    def _target(self) -> tuple[Host, str]:
        """The host and its role now. Raises InconclusiveError where the two that were asked for do not fit."""
        if not self.case.host:
            return self.cluster.target(self.case.role), self.case.role
        host = self.session.inventory.host(self.case.host)
        role = self.cluster.role(host)
        if self.case.role and self.case.role != role and self.case.role in self.cluster.roles[:2]:
            raise InconclusiveError(f"{host} is {role} now, not {self.case.role} (--make-leader makes it the leader)")
        return host, self.case.role or role

    def _aim(self, host: Host, role: str) -> Target:
        said = self.session.remote.run(host, "echo $SSH_CONNECTION").stdout.split()
        container = self.cluster.container(role)
        process = self.case.fault.rpartition("-")[0]
        return Target(
            drill=self.id,
            container=container,
            process=self.cluster.processes.get(process, self.cluster.processes.get(container, "")),
            runner=said[0],
            peers=tuple(peer.address for peer in self.cluster.members if peer != host),
            peer_port=self.cluster.peer_port,
            service_port=self.cluster.port_of(role),
            data=f"/var/lib/hadrill/{container}",
        )

    def _arithmetic(self, host: Host) -> Arithmetic:
        """Members that do not answer now are down, and so is one that answers but leads nobody and follows nobody."""
        with ThreadPoolExecutor(max_workers=len(self.cluster.members)) as pool:
            said = dict(zip(self.cluster.members, pool.map(lambda each: self.cluster.probe(each)(), self.cluster.members), strict=True))
        down = tuple(each.name for each, member in said.items() if member.role in (SILENT.role, "down"))
        return Arithmetic(tuple(each.name for each in self.cluster.members), down, (host.name,), self.cluster.majority)

    def _lease(self, budget: Budget) -> Lease:
        wanted = [(host, EXCLUSIVE) for host in self.cluster.members] + [(host, SHARED) for host in self.cluster.shared]
        session = self.session
        return Lease(
            session.remote, self.id, session.run, f"{session.who}: {self.case}", wanted, budget.seconds + LEASE_SECONDS
        )

    def _leased(self, host: Host, role: str, fault: Fault, budget: Budget) -> None:
        self._step(3, "steady state")
        if reason := self.cluster.unhealthy():
            raise InconclusiveError(f"the cluster is not healthy before the drill: {reason}")
        self.cluster.prepare(self.id, host if role == self.cluster.roles[0] else next(h for h in self.cluster.members if h != host))
        try:
            with (
                Observer(self.cluster, self.timeline) as observer,
                Workload(self.id, self.cluster.lanes(self.id), self.session.rate) as workload,
            ):
                self.observer, self.workload = observer, workload
                self.live.watch(workload.history)
                since = time.monotonic()
                deadline = Deadline(STEADY_SECONDS)
                eventually("every member to answer", observer.blind, deadline)
                eventually("a steady workload before the fault", lambda: workload.unsteady(since), deadline)
                try:
                    self._break(host, role, fault, budget)
                    self._converge()
                finally:
                    self._step(8, "read back")
                    workload.stop()
            self._measure(host)
            self._read_back()
        finally:
            self._clean()
        self._step(9, "verdict")
        judge(self.result, self.cluster, fault.kind, self.session.inventory.settings.slo.get(self.case.service), self.problems)
        keep_evidence(self)

    def _break(self, host: Host, role: str, fault: Fault, budget: Budget) -> None:
        self._step(4, "journal")
        allowed = budget.seconds + OVERTIME_SECONDS
        entry = Entry(
            self.id,
            str(self.session.inventory.folder.absolute()),
            host.name,
            fault.name,
            bool(fault.power),
            tuple(h.name for h in (*self.cluster.members, *self.cluster.shared)),
            os.getpid(),
            started(os.getpid()),
        )
        if not self.session.watchdog.ready():
            raise InconclusiveError("the watchdog process died before anything was broken")
        entry.write()
        try:
            if fault.kind != PLANNED:
                on_target.arm(self.session.remote, host, self.id, f"{fault.name} on {host}", fault.heal, allowed + 2 * HOLD_SECONDS)
            self._step(5, "inject")
            self._inject(host, fault)
            self._step(6, "watch")
            self._watch(host, role, fault, budget, allowed)
        finally:
            with shielded():
                self._step(7, "heal")
                if problem := heal_entry(self.session.remote, self.session.inventory, entry):
                    self.problems.append(problem)

    def _inject(self, host: Host, fault: Fault) -> None:
        """Break it and see that it is broken. Raises InconclusiveError where it is not."""
        if fault.kind == PLANNED:
            self.cluster.hand_over(None)
            proof = "the cluster accepted it"
        elif fault.power:
            power = self.session.power
            (power.off if fault.power == "off" else power.reset)(host)
            proof = "no power" if fault.power == "off" else "reset"
            if fault.power == "off" and power.is_on(host):
                raise InconclusiveError(f"{host} still has power after it was cut")
        else:
            self.session.remote.run(host, fault.inject)
            proof = self._prove(host, fault)
        self.timeline.add("drill", f"{fault.name} on {host} is there: {proof}")
        self.moments["proved"] = time.monotonic()

    def _prove(self, host: Host, fault: Fault) -> str:
        answer = self.session.remote.attempt(host, fault.proof)
        if answer.status != 0:
            raise InconclusiveError(f"{fault.name} cannot be shown on {host}: {answer.tail or 'its proof fails'}")
        return answer.stdout.strip().replace("\n", ", ")

    def _watch(self, host: Host, role: str, fault: Fault, budget: Budget, allowed: float) -> None:
        """Until clients are served again, or far over budget. A lasting fault must still be there then."""
        injected, proved = self.moments["inject"], self.moments["proved"]

        def unserved() -> str | None:
            if time.monotonic() - proved < HOLD_SECONDS:
                return "the fault is fresh"
            return self.workload.unsteady(proved)

        try:
            eventually("clients to be served again", unserved, Deadline(allowed, start=injected))
        except OverdueError as error:
            self.problems.append(f"never recovered: {error}")
        if fault.kind == PLANNED and self.cluster.leader() == host:
            self.problems.append(f"{host} still is the {role}")
        if fault.lasts and fault.on_host:
            self._prove(host, fault)
        elif fault.lasts and fault.power and self.session.power.is_on(host):
            raise InconclusiveError(f"{host} has power again before it was healed")

    def _converge(self) -> None:
        deadline = Deadline(CONVERGE_SECONDS)
        try:
            eventually(f"{self.case.service} to be whole again", self.cluster.unhealthy, deadline)
            since = time.monotonic()
            eventually("a steady workload at the end", lambda: self.workload.unsteady(since - 1.0), deadline)
        except OverdueError as error:
            self.problems.append(f"not whole after healing: {error}")
        self.moments["converged"] = time.monotonic()

    def _measure(self, host: Host) -> None:
        """Outages, latencies and phases."""
        result, history = self.result, self.workload.history
        injected, healed, end = self.moments["inject"], self.moments["heal"], self.moments["converged"]
        for lane in self.workload.lanes:
            operations = history.operations(lane.name)
            outage = longest_outage(operations, injected, healed)
            back = longest_outage(operations, healed, end)
            result.lanes[lane.name] = {
                "outage_s": round(outage.seconds, 3),
                "return_outage_s": round(back.seconds, 3),
                "over": outage.over and back.over,
                "failed": sum(each.outcome == FAIL for each in operations),
                "unknown": sum(each.outcome == UNKNOWN for each in operations),
                "before": latencies(each for each in operations if each.end < injected),
                "during": latencies(each for each in operations if injected <= each.end < healed),
                "after": latencies(each for each in operations if each.end >= healed),
            }
        writes = {name: lane for name, lane in result.lanes.items() if name.startswith("write")}
        result.outage_s = max(lane["outage_s"] for lane in writes.values())
        result.return_outage_s = max(lane["return_outage_s"] for lane in writes.values())
        for phase in PHASES[:-1]:
            if event := self.timeline.first(phase, injected):
                if event.at <= healed:
                    result.phases[phase] = round(event.at - injected, 3)
        worst = max(writes, key=lambda name: writes[name]["outage_s"])
        result.phases["client"] = round(longest_outage(history.operations(worst), injected, healed).end - injected, 3)
        result.operations = {outcome: sum(o.outcome == outcome for o in history.operations()) for outcome in (OK, FAIL, UNKNOWN)}
        result.unknown = history.count(UNKNOWN)
        result.acknowledged = history.count(OK)
        if self.cluster.single_leader and (both := split_brain(history.operations())):
            self.problems.append(both)

    def _read_back(self) -> None:
        """Lost is what was acknowledged and is missing on a member."""
        history = self.workload.history
        acknowledged = history.acknowledged()
        members = self.cluster.read_back_order()
        missing: set[str] = set()
        with ThreadPoolExecutor(max_workers=len(members) if self.cluster.parallel_reading else 1) as pool:
            for host, found in zip(
                members, pool.map(lambda each: self.cluster.found(each, self.id, acknowledged, history), members), strict=True
            ):
                away = acknowledged - found
                if away:
                    self.result.notes.append(f"{host}: {len(away)} acknowledged writes are not there")
                missing |= away
        self.result.lost = len(missing)
        self.result.duplicates = self.cluster.duplicates(history)
        if missing:
            ends = [each.end for each in history.operations() if each.key in missing]
            self.result.loss_window_s = round(max(ends) - min(ends), 3)

    def _clean(self) -> None:
        try:
            self.cluster.clean(self.id)
        except FAILURES as error:
            self.result.notes.append(f"what the workload wrote is still there: {error}")
