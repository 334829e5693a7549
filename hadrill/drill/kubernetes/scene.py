"""Clients at work, a node broken and healed, and everything that is seen meanwhile."""

import math
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from hadrill.drill.breakage import Breakage
from hadrill.drill.case import Case
from hadrill.drill.errors import InconclusiveError
from hadrill.drill.kubernetes.explained import explained, unserved_services
from hadrill.drill.kubernetes.kept import keep_loss
from hadrill.drill.kubernetes.loss import Loss, Seen
from hadrill.drill.kubernetes.pod_clients import bucket_for, clients_missing
from hadrill.drill.objective import objective_of
from hadrill.drill.observer import Observer
from hadrill.drill.preflight import unhealthy, wait_healthy
from hadrill.drill.session import Session
from hadrill.faults.power import PowerError
from hadrill.inventory import Host
from hadrill.remote import RemoteError
from hadrill.safety.lease import LeaseHeldError
from hadrill.services.asking import failures
from hadrill.services.finding import CheckFailedError
from hadrill.services.kubernetes import backends
from hadrill.services.kubernetes.budget import timers_of
from hadrill.services.kubernetes.cluster import KubernetesCluster
from hadrill.services.kubernetes.place import deployment, make, path_of, pods
from hadrill.services.kubernetes.questions import placed
from hadrill.timing import Deadline, OverdueError, Timeline, eventually
from hadrill.workload import OK, Workload, longest_outage

MOVER = "mover"
"""The program whose one pod is placed on the victim."""
SETTLE_SECONDS = 60.0
BACK_SECONDS = 90.0
READ_SECONDS = 20.0

Break = Callable[[], AbstractContextManager[None]]
"""Makes the fault of a loss, for a `with` block."""


class Scene:
    """What all that happens to a node has in common."""

    def __init__(self, session: Session, cluster: KubernetesCluster) -> None:
        self._session, self._cluster = session, cluster
        self._kubernetes = cluster.kubernetes
        self._timeline = Timeline()
        self.id = uuid.uuid4().hex[:12]

    @contextmanager
    def _conclusive(self) -> Iterator[None]:
        """What keeps the checks from being made is told in a sentence, with its cause. Raises InconclusiveError."""
        try:
            yield
        except LeaseHeldError as error:
            raise InconclusiveError(str(error)) from error
        except failures(RemoteError, PowerError, OverdueError) as error:
            raise unhealthy(self._cluster, f"{type(error).__name__}: {error}") from error

    def _loss(self, victim: Host, fault: str) -> Loss:
        server = next(host for host in self._kubernetes.servers if host != victim)
        timers = timers_of(self._session.remote, server)
        objective = objective_of(self._cluster)
        rto = objective.rto_seconds if objective else None
        in_etcd = self._cluster.leads_etcd(victim)
        return Loss(victim, self._cluster.role(victim), timers, fault, in_etcd, math.inf if rto is None else rto)

    @contextmanager
    def _working(self, loss: Loss, seconds: float, *, clients: bool = False) -> Iterator[Break]:
        """Clients at work on hosts that are this loss's alone; yields the fault, which lasts `seconds` at most."""
        wait_healthy(self._cluster, SETTLE_SECONDS)
        case, moments = Case(self._cluster.service, loss.fault, host=loss.victim.name), dict[str, float]()

        def step(_: int, name: str) -> None:
            moments[name] = time.monotonic()

        breakage = Breakage(self._session, self._cluster, case, self.id, step)
        fault = breakage.guard()

        @contextmanager
        def broken() -> Iterator[None]:
            # Asked again: preparing took its time, and a second node may be away by now.
            with breakage.broken(breakage.guard(), seconds):
                loss.began = moments["inject"]
                yield
            loss.healed = moments["heal"]
            breakage.require_healed()

        # Leased before anything is made on the cluster: another run would take it away as left over.
        with breakage.leased(fault, seconds), self._clients(loss, wanted=clients):
            yield broken

    @contextmanager
    def _clients(self, loss: Loss, *, wanted: bool) -> Iterator[None]:
        """Clients at the entry points, pods that use the data services where `wanted`, and everybody watched."""
        started = time.time()
        lanes, rate = self._cluster.lanes(self.id), self._session.rate * self._cluster.rate_share
        inventory = self._session.inventory
        present = backends.present(inventory) if wanted else ()
        try:
            self._cluster.prepare(self.id, None)
            with bucket_for(inventory, self.id, self._session.say, wanted="minio" in present) as bucket:
                if present:
                    backends.start_clients(self._kubernetes, self.id, bucket)
                    missing = clients_missing(self._kubernetes, self.id)
                    eventually(
                        "a client of the data services on every node", _patient(missing), Deadline(SETTLE_SECONDS)
                    )
                with Observer(self._cluster, self._timeline), Workload(self.id, lanes, rate) as work:
                    begun = time.monotonic()
                    eventually("a steady workload", lambda: work.unsteady(begun), Deadline(SETTLE_SECONDS))
                    yield
                    self._see(loss, "clients served", lambda: work.unsteady(loss.healed), SETTLE_SECONDS, loss.healed)
                    end = time.monotonic()
                self._measure(loss, work, end)
                if present:
                    loss.remaining = tuple(host.name for host in self._kubernetes.members if host != loss.victim)
                    loss.backends = backends.rounds(self._kubernetes.api(), self.id, started)
                    loss.services = unserved_services(self._session, loss, present)
        finally:
            try:
                self._cluster.clean(self.id)
            except failures() as error:
                self._session.say(f"{loss}: what was made for it is still there: {error}")

    def _see(
        self, loss: Loss, name: str, condition: Callable[[], str | None], seconds: float, since: float = 0.0
    ) -> None:
        """Wait for something, and write down when it came. What comes late is a problem of that alone."""
        start = since or loss.began
        try:
            eventually(name, _patient(condition), Deadline(seconds, start=start))
        except OverdueError as error:
            # Asked while it is so. What is wrong with the victim is no cause until it should be back.
            loss.seen[name] = explained(self._cluster, loss, str(error), "" if loss.healed else loss.victim.name)
        else:
            loss.seen[name] = Seen(round(time.monotonic() - start, 2))
        self._session.say(f"{loss.victim} {loss.fault}: {name} {loss.seen[name]}")

    def _wish(self, app: str, victim: Host) -> Callable[[], str | None]:
        """Ask for a pod on the victim, if there is room; the answer is the condition that it is ready there."""
        make(
            self._kubernetes.api(),
            path_of(self.id, "deployments"),
            deployment(self._kubernetes, app, 1, victim.name),
        )
        return partial(placed, self._kubernetes, self.id, app, victim)

    def _place(self, victim: Host) -> str:
        """A pod on the victim; returns its UID."""
        eventually(f"a pod on {victim}", _patient(self._wish(MOVER, victim)), Deadline(SETTLE_SECONDS))
        (pod,) = pods(self._kubernetes.api(), self.id, MOVER)
        return str(pod["metadata"]["uid"])

    def _measure(self, loss: Loss, work: Workload, end: float) -> None:
        for lane in work.lanes:
            done = work.history.operations(lane.name)
            loss.outages[lane.name] = round(longest_outage(done, loss.began, end).seconds, 2)
            loss.failed[lane.name] = sum(each.outcome != OK and each.end >= loss.began for each in done)
        acknowledged = work.history.acknowledged()

        def unread() -> str | None:
            for host in self._cluster.read_back_order():
                found = self._cluster.found(host, self.id, acknowledged, work.history)
                loss.lost = max(loss.lost, len(acknowledged - found))
            return None

        self._see(loss, "read back", unread, READ_SECONDS, end)
        said = ", ".join(f"{lane} {seconds:.1f} s" for lane, seconds in loss.outages.items())
        failed, count = sum(loss.failed.values()), len(acknowledged)
        self._session.say(
            f"{loss.victim} {loss.fault}: without success: {said}; {failed} failed; {loss.lost} of {count} lost"
        )
        folder = self._session.folder / f"kubernetes-{loss.victim}-{loss.fault}-{self.id}"
        keep_loss(folder, loss, work, self._timeline)


def _patient(condition: Callable[[], str | None]) -> Callable[[], str | None]:
    """A condition that is asked again where its question failed: one late answer of a busy API says nothing."""

    def reason() -> str | None:
        try:
            return condition()
        except CheckFailedError as error:
            return str(error)
        except failures() as error:
            return f"{type(error).__name__}: {error}"

    return reason
