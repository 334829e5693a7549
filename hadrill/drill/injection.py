"""Breaking one host: guard, lease, journal, inject, prove, heal. An experiment and a test's `with` block share this."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from hadrill.drill.aim import target_of
from hadrill.drill.case import Case, fault_of
from hadrill.drill.coming_back import what_brings_back
from hadrill.drill.counting import count_votes
from hadrill.drill.errors import DegradedError, InconclusiveError, UnavailableError
from hadrill.drill.neighbours import Neighbours
from hadrill.drill.session import Session
from hadrill.faults import BLACKHOLE, PARTITION, PLANNED, Fault, Target
from hadrill.inventory import Host
from hadrill.safety import on_target
from hadrill.safety.consent import why_not_consented
from hadrill.safety.guard import Arithmetic
from hadrill.safety.heal import heal_entry
from hadrill.safety.journal import Entry, started
from hadrill.safety.lease import EXCLUSIVE, SHARED, Lease
from hadrill.safety.signals import shielded
from hadrill.services.abilities import HandsOver, Led, Selective
from hadrill.services.cluster import Cluster
from hadrill.services.guarded import Guarded
from hadrill.services.member_roles import leading, member_role, usual

LEASE_SECONDS = 600.0
"""A lease lasts so much longer than the fault, for convergence and reading back."""
TIMER_SLACK_SECONDS = 16.0
"""The target's own timer fires so long after the runner should have healed, or begun to ask for a cause."""
TELL_SECONDS = 1.0
"""Healing and releasing wait no longer than this for the user's console."""

CUTTING = (BLACKHOLE, PARTITION)
"""Kinds of faults that also cut the way through a host."""

OnStep = Callable[[int, str], None]


class Injection:
    """One fault on one host. `step` is called with the number and name of each step that begins."""

    def __init__(
        self, session: Session, cluster: Cluster, case: Case, experiment: str, step: OnStep, *, lead: bool = False
    ) -> None:
        self._lead = lead  # the host is to be made the leader before it is broken
        self.session, self.cluster, self.case, self.experiment, self._step = session, cluster, case, experiment, step
        self.problems: list[str] = []
        self.proof = ""
        self.risk = ""  # what was risked by force
        self.entry: Entry | None = None
        self.waited_s = 0.0  # for hosts that other experiments of this run had
        self.host, self.role = self._target()
        self.neighbours = Neighbours(session, cluster)
        self._unhealed = False

    def guard(self, *, quorum_loss: bool = False, overlap: bool = False, gone: Sequence[Host] = ()) -> Fault:
        """The fault, where it may be made. Raises InconclusiveError with the reason, UnavailableError.

        `quorum_loss` is for the scenario that takes the majority away on purpose; with `overlap` the cluster need not
        be whole, as long as a majority is left. `gone` are hosts that the scenario breaks besides.
        """
        host = self.host
        if reason := why_not_consented(self.session.inventory, [host], self.session.consent):
            raise InconclusiveError(reason)
        if isinstance(self.cluster, Selective) and (
            reason := self.cluster.why_not_available(self.case.fault, self.role)
        ):
            raise UnavailableError(reason)
        aim = target_of(self.session.remote, self.cluster, self.case.fault, host, self.role, self.experiment)
        fault = fault_of(self.case.fault, aim)
        if fault.kind == PLANNED:
            if not isinstance(self.cluster, HandsOver):
                raise UnavailableError(f"no planned switchover: {self.cluster.traits.why_no_switchover}")
            if self.role != (leads := leading(self.cluster.service)):
                raise UnavailableError(f"a planned switchover needs the {leads}; {host} is {self.role}")
            return fault
        if (fault.power or fault.kind in CUTTING) and (behind := self.session.inventory.behind(host)):
            names = ", ".join(map(str, behind))
            raise UnavailableError(f"{host} is the jump host of {names}: nothing could be healed there meanwhile")
        sum_of = self.arithmetic()
        if not sum_of.holds and not quorum_loss:
            kind = DegradedError if sum_of.down else InconclusiveError
            raise kind(f"refused, it would break the quorum: {sum_of}")
        if sum_of.down and not quorum_loss and not overlap:
            raise DegradedError(f"refused, the cluster is degraded already: {sum_of}")
        if fault.power and not self.session.power.is_on(host):
            raise InconclusiveError(f"{host} has no power already")
        if fault.power == "off" and not self.session.power.heals:
            raise InconclusiveError(f"the power driver cannot switch {host} on again: name another as faults.power")
        if fault.on_host:
            answer = self.session.remote.attempt(host, fault.available)
            if answer.status != 0:
                raise UnavailableError(f"{fault.name} is unavailable on {host}: {answer.stdout.strip() or answer.tail}")
        risks = (self._why_not_survives(fault, aim), self.neighbours.guard(fault, host, gone))
        self.risk = "; ".join(filter(None, risks))
        if self.risk and not self.session.force:
            raise InconclusiveError(f"refused, {self.risk} (--force drills all the same)")
        return fault

    def guard_again(self) -> Fault:
        """Ask guard() again just before the fault: lease and steady state took their time.

        Raises what guard() raises, and InconclusiveError where the member is in another role by now.
        """
        role = self.cluster.role(self.host)
        if self._has_one_role(self.role) and role != self.role:
            raise InconclusiveError(f"{self.host} became {role} meanwhile, and was planned as {self.role}")
        return self.guard()

    def _why_not_survives(self, fault: Fault, aim: Target) -> str:
        """Why data of others would be gone with this fault; empty where it would stay, or there is none."""
        cluster = self.cluster
        if not fault.ends or not isinstance(cluster, Guarded):
            return ""
        back = what_brings_back(self.session.remote, self.host, aim.placement, fault)
        return cluster.why_not_survives(self.host, self.role, back)

    def arithmetic(self) -> Arithmetic:
        """Would the fault break the quorum? Members that stay silent, or say that they are out, count as down."""
        return count_votes(self.cluster, self.host)

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All that the experiment leases."""
        every = (*self.cluster.members, *self.cluster.shared, *self.neighbours.members)
        return tuple(dict.fromkeys(every))

    @contextmanager
    def leased(self, fault: Fault, seconds: float, shared: str = SHARED) -> Iterator[None]:
        """Lease the cluster's hosts for this experiment, for the fault's time and what follows.

        `shared` is the mode for hosts that other clusters' clients use too: EXCLUSIVE where one of them is broken.
        """
        # A host may be a member and lead others' clients too: then it is this experiment's alone.
        modes = dict.fromkeys(self.cluster.shared, shared)
        modes |= dict.fromkeys((*self.cluster.members, *self.neighbours.members), EXCLUSIVE)
        session = self.session
        who = f"{session.who}: {self.cluster.label} {self.case.what}"
        lease = Lease(session.remote, self.experiment, session.run, who, list(modes.items()), seconds + LEASE_SECONDS)
        # Before the lease: where a runner dies while it holds the lease, the entry says so.
        entry = self._written(fault)
        try:
            self.waited_s = lease.take()
            yield
        finally:
            with shielded():
                self._tell(10, "release")
                lease.release()
                self.forget(entry)

    @contextmanager
    def broken(self, fault: Fault, seconds: float) -> Iterator[Entry]:
        """Inject and prove the fault, and heal it after the block, whatever happened; it lasts at most `seconds`.

        Its entry in the journal stays, as the lease does not end with the fault: `leased` removes it.
        """
        self._step(4, "journal")
        if not self.session.watchdog.ready():
            raise InconclusiveError("the watchdog process died before anything was broken")
        entry = self._written(fault)
        # Until healing says that it is not so: whatever is raised, the entry must outlive it.
        self._unhealed = True
        try:
            if fault.kind != PLANNED:
                what = f"{fault.name} on {self.host}"
                timer = seconds + TIMER_SLACK_SECONDS
                on_target.arm(self.session.remote, self.host, self.experiment, what, fault.heal, timer)
            self._step(5, "inject")
            self.proof = self._inject(fault)
            yield entry
        finally:
            with shielded():
                self._tell(7, "heal")
                if problem := heal_entry(self.session.remote, self.session.inventory, self.entry or entry):
                    self.problems.append(problem)
                else:
                    self._unhealed = False

    def require_healed(self) -> None:
        """Raises RuntimeError with what could not be healed."""
        if self.problems:
            raise RuntimeError("; ".join(self.problems))

    def forget(self, entry: Entry) -> None:
        """Remove an entry from the journal, unless its fault could not be healed."""
        if not self._unhealed:
            entry.remove()

    def still_there(self, fault: Fault) -> None:
        """Check that a fault that lasts has not ended by itself. Raises InconclusiveError."""
        if fault.lasts and fault.on_host:
            self._prove(fault)
        elif fault.lasts and fault.power and self.session.power.is_on(self.host):
            raise InconclusiveError(f"{self.host} has power again before it was healed")

    def _tell(self, number: int, name: str) -> None:
        """Say that a step begins, and never wait for it: a console that hangs or is gone must not matter."""

        def tell() -> None:
            with suppress(Exception):  # whatever it is, healing comes first
                self._step(number, name)

        with suppress(RuntimeError):  # no thread can be started
            teller = threading.Thread(target=tell, name=f"step {number}", daemon=True)
            teller.start()
            teller.join(TELL_SECONDS)

    def _inject(self, fault: Fault) -> str:
        """Inject the fault and prove it. Returns the proof. Raises InconclusiveError where it is not there."""
        if fault.kind == PLANNED:
            if not isinstance(self.cluster, HandsOver):
                raise TypeError(f"{self.cluster.service} cannot hand over, and guard() let it pass")
            self.cluster.hand_over(None)
            return "the cluster accepted it"
        if fault.power:
            power = self.session.power
            self._takes_power()
            (power.off if fault.power == "off" else power.reset)(self.host)
            if fault.power == "off" and power.is_on(self.host):
                raise InconclusiveError(f"{self.host} still has power after it was cut")
            return "no power" if fault.power == "off" else "reset"
        answer = on_target.inject(self.session.remote, self.host, self.experiment, fault.inject)
        if answer.status != 0:
            raise InconclusiveError(f"{fault.name} could not be made on {self.host}: {answer.tail}")
        return self._prove(fault)

    def _prove(self, fault: Fault) -> str:
        answer = self.session.remote.attempt(self.host, fault.proof)
        if answer.status != 0:
            raise InconclusiveError(f"{fault.name} cannot be shown on {self.host}: {answer.tail or 'its proof fails'}")
        return answer.stdout.strip().replace("\n", ", ")

    def _takes_power(self) -> None:
        """From now on whoever heals switches the machine on, and nobody before."""
        if self.entry is not None:
            made = replace(self.entry, made=True)
            made.write()
            self.entry = made

    def _written(self, fault: Fault) -> Entry:
        entry = Entry(
            self.experiment,
            str(self.session.inventory.folder.absolute()),
            self.host.name,
            fault.name,
            bool(fault.power),
            tuple(host.name for host in self.hosts),
            os.getpid(),
            started(os.getpid()),
            made=False,
            cluster=self.cluster.label if self.case.cluster else "",
        )
        entry.write()
        self.entry = entry
        return entry

    def _target(self) -> tuple[Host, str]:
        """The host and its role now. Raises InconclusiveError where the two that were asked for do not fit."""
        cluster, case = self.cluster, self.case
        if not case.host:
            return cluster.target(case.role), case.role
        host = self.session.inventory.host(case.host)
        role = cluster.role(host)
        if self._lead:
            role = usual(cluster.service)
        elif case.role and self._has_one_role(case.role) and case.role != role:
            raise InconclusiveError(f"{host} is {role} now, not {case.role} (--make-leader makes it the leader)")
        return host, case.role or role

    def _has_one_role(self, role: str) -> bool:
        """Whether a member in the role is in no other: beside a member there is another at any time, and where a place
        decides who leads, each host can.
        """
        return isinstance(self.cluster, Led) and not member_role(self.cluster.service, role).beside
