"""A Kubernetes node is lost and comes back: everything that is seen meanwhile, for checks that judge it afterwards."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from hadrill.drill.evidence import keep_loss
from hadrill.drill.fault_block import fault_block
from hadrill.drill.loss import FAULT, Loss, Seen, cause_of
from hadrill.drill.observer import Observer
from hadrill.drill.preflight import wait_healthy
from hadrill.drill.session import Session
from hadrill.inventory import Host
from hadrill.services.asking import FAILURES
from hadrill.services.finding import CheckFailedError
from hadrill.services.kubernetes import backends
from hadrill.services.kubernetes.budget import rescheduled_budget, timers_of
from hadrill.services.kubernetes.cluster import KubernetesCluster
from hadrill.services.kubernetes.place import deployment, is_ready, make, node_of, path_of, pods
from hadrill.services.kubernetes.questions import (
    all_answer,
    all_ready,
    ingress_ready,
    is_back,
    moved,
    not_ready,
    serves,
    still_ready,
    system_pods,
    takes_writes,
)
from hadrill.services.minio import Minio
from hadrill.timing import Deadline, OverdueError, Timeline, eventually
from hadrill.workload import Workload, longest_outage

MOVER = "mover"
"""The program whose one pod is placed on the victim."""
SETTLE_SECONDS = 60.0
BACK_SECONDS = 90.0


class NodeLoss:
    """Takes a node's power, watches, gives it back, watches again."""

    def __init__(self, session: Session, cluster: KubernetesCluster) -> None:
        self._session, self._cluster = session, cluster
        self._kubernetes = cluster.kubernetes
        self._timeline = Timeline()
        self.id = uuid.uuid4().hex[:12]

    def of_server(self, victim: Host) -> Loss:
        """A server: the API goes on, a majority is ready, and it comes back with what was written meanwhile."""
        loss, there = self._loss(victim), self._kubernetes
        others = [host for host in there.servers if host != victim]
        with self._working(loss):
            with self._broken(loss, SETTLE_SECONDS):
                self._see(loss, "cluster works", partial(takes_writes, there, self.id), self._api_seconds(loss))
                self._see(loss, "servers ready", partial(all_ready, there, others), SETTLE_SECONDS)
                self._see(loss, "API answers", partial(all_answer, there, others), SETTLE_SECONDS)
            self._see(loss, "comes back", partial(is_back, there, victim), BACK_SECONDS, loss.healed)
        return loss

    def of_agent(self, victim: Host) -> Loss:
        """An agent that holds a pod, its part of the ingress, and a client of the data services."""
        loss, there = self._loss(victim), self._kubernetes
        seconds = rescheduled_budget(loss.timers, self._cluster.multiplier).seconds
        with self._working(loss, clients=True):
            before, system = self._place_mover(victim), system_pods(there, victim)
            with self._broken(loss, seconds + SETTLE_SECONDS):
                self._see(loss, "cluster works", partial(takes_writes, there, self.id), self._api_seconds(loss))
                self._see(loss, "NotReady", partial(not_ready, there, victim), seconds)
                gone = partial(ingress_ready, there, victim, ready=False)
                self._see(loss, "endpoint gone", gone, SETTLE_SECONDS)
                self._see(loss, "system pods", partial(still_ready, there, system, victim), SETTLE_SECONDS)
                self._see(loss, "rescheduled", partial(moved, there, self.id, MOVER, before, victim), seconds)
            self._see(loss, "comes back", partial(is_back, there, victim), BACK_SECONDS, loss.healed)
            back = partial(ingress_ready, there, victim, ready=True)
            self._see(loss, "endpoint back", back, BACK_SECONDS, loss.healed)
            self._see(loss, "ingress back", partial(serves, self.id, victim), BACK_SECONDS, loss.healed)
        return loss

    def _api_seconds(self, loss: Loss) -> float:
        return self._cluster.budget("blackhole", loss.role).seconds

    def _loss(self, victim: Host) -> Loss:
        server = next(host for host in self._kubernetes.servers if host != victim)
        return Loss(victim, self._cluster.role(victim), timers_of(self._session.remote, server))

    @contextmanager
    def _working(self, loss: Loss, *, clients: bool = False) -> Iterator[None]:
        """Clients at the entry points, pods that use the data services, and everybody watched."""
        wait_healthy(self._cluster, SETTLE_SECONDS)
        started = time.time()
        lanes, rate = self._cluster.lanes(self.id), self._session.rate * self._cluster.rate_share
        present = backends.present(self._session.inventory) if clients else ()
        try:
            self._cluster.prepare(self.id, None)
            with self._bucket("minio" in present) as bucket:
                if present:
                    backends.start_clients(self._kubernetes, self.id, bucket)
                    self._await_clients()
                with Observer(self._cluster, self._timeline), Workload(self.id, lanes, rate) as work:
                    begun = time.monotonic()
                    eventually("a steady workload", lambda: work.unsteady(begun), Deadline(SETTLE_SECONDS))
                    yield
                    eventually("a steady workload again", lambda: work.unsteady(loss.healed), Deadline(SETTLE_SECONDS))
                    end = time.monotonic()
                self._measure(loss, work, end)
                if present:
                    loss.remaining = tuple(host.name for host in self._kubernetes.members if host != loss.victim)
                    loss.backends = backends.rounds(self._kubernetes.api(), self.id, started)
        finally:
            self._cluster.clean(self.id)

    @contextmanager
    def _bucket(self, wanted: bool) -> Iterator[str]:
        """A bucket of MinIO's for the pods, which goes again. No drill's: one of MinIO beside it removes those."""
        name = f"hadrill-pods-{self.id}"
        if not wanted:
            yield name
            return
        minio = Minio(self._session.inventory)
        client = minio.client(minio.entry_point)
        client.create_bucket(Bucket=name)
        try:
            yield name
        finally:
            for item in client.list_objects_v2(Bucket=name).get("Contents", []):
                client.delete_object(Bucket=name, Key=item["Key"])
            client.delete_bucket(Bucket=name)

    def _await_clients(self) -> None:
        wanted = {host.name for host in self._kubernetes.members}

        def missing() -> str | None:
            said = {each.node for each in backends.rounds(self._kubernetes.api(), self.id, 0.0)}
            return f"nothing from {', '.join(sorted(wanted - said))}" if wanted - said else None

        eventually("a client of the data services on every node", missing, Deadline(SETTLE_SECONDS))

    @contextmanager
    def _broken(self, loss: Loss, seconds: float) -> Iterator[None]:
        moments: dict[str, float] = {}

        def step(_: int, name: str) -> None:
            moments.setdefault(name, time.monotonic())

        with fault_block(self._session, self._cluster, FAULT, loss.victim, seconds, step):
            loss.began = moments["inject"]
            yield
        loss.healed = moments["heal"]

    def _see(
        self, loss: Loss, name: str, condition: Callable[[], str | None], seconds: float, since: float = 0.0
    ) -> None:
        """Wait for something, and write down when it came. What comes late is a problem of that alone."""
        start = since or loss.began

        def reason() -> str | None:
            try:
                return condition()
            except CheckFailedError as error:
                return str(error)
            except (*FAILURES, LookupError) as error:
                return f"{type(error).__name__}: {error}"

        try:
            eventually(name, reason, Deadline(seconds, start=start))
        except OverdueError as error:
            # Asked while the fault is still there.
            loss.seen[name] = Seen(problem=f"{error}; {cause_of(self._cluster, loss)}")
        else:
            loss.seen[name] = Seen(round(time.monotonic() - start, 2))
        self._session.say(f"{loss.victim} {FAULT}: {name} {loss.seen[name]}")

    def _place_mover(self, victim: Host) -> str:
        """A pod on the victim; returns its UID."""
        api = self._kubernetes.api()
        make(api, path_of(self.id, "deployments"), deployment(self._kubernetes, MOVER, 1, victim.name))
        found: list[dict[str, Any]] = []

        def missing() -> str | None:
            found[:] = [pod for pod in pods(api, self.id, MOVER) if is_ready(pod)]
            places = [node_of(pod) for pod in found]
            return None if places == [victim.name] else f"ready on {', '.join(places) or 'no node'}"

        eventually(f"a pod on {victim}", missing, Deadline(SETTLE_SECONDS))
        return str(found[0]["metadata"]["uid"])

    def _measure(self, loss: Loss, work: Workload, end: float) -> None:
        for lane in work.lanes:
            outage = longest_outage(work.history.operations(lane.name), loss.began, end)
            loss.outages[lane.name] = round(outage.seconds, 2)
        acknowledged = work.history.acknowledged()
        for host in self._cluster.read_back_order():
            found = self._cluster.found(host, self.id, acknowledged, work.history)
            loss.lost = max(loss.lost, len(acknowledged - found))
        said = ", ".join(f"{lane} {seconds:.1f} s" for lane, seconds in loss.outages.items())
        self._session.say(f"{loss.victim} {FAULT}: without success: {said}; {loss.lost} of {len(acknowledged)} lost")
        keep_loss(self._session.folder / f"kubernetes-{loss.victim}-{FAULT}-{self.id}", loss, work, self._timeline)
