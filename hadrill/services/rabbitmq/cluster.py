"""RabbitMQ with a quorum queue, as drills see it."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Probe, Watch
from hadrill.services.errors import NoLeaderError, named
from hadrill.services.finding import CheckFailedError
from hadrill.services.haproxy import statistics as haproxy
from hadrill.services.rabbitmq import checks
from hadrill.services.rabbitmq.budget import rabbitmq_budget
from hadrill.services.rabbitmq.diagnosis import EXAMINATION
from hadrill.services.rabbitmq.facts import BACKEND
from hadrill.services.rabbitmq.probe import probe, queue_state
from hadrill.services.rabbitmq.service import PORT, Rabbitmq
from hadrill.services.rabbitmq.workload import declare, drained, lanes, queue_of, remove
from hadrill.timing import Budget
from hadrill.workload import OK, History, Invariant, Lane

DISTRIBUTION_PORT = 25672


class RabbitmqCluster(Cluster):
    """Three nodes and a queue of the drill's own, whose leader is placed where the drill wants it."""

    service = "rabbitmq"
    roles = ("leader", "follower")
    exempt: ClassVar[dict[Invariant, str]] = {
        Invariant.ONE_LEADER: "any node takes a message and hands it to the queue's leader, and none says who that was",
        Invariant.NEVER_BACK: "a read takes its message out; what comes twice is counted",
    }
    peer_port = DISTRIBUTION_PORT
    look_seconds = 0.2
    rate_share = 0.5  # a new connection costs its node 20 ms of processor
    parallel_reading = False

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.rabbitmq = Rabbitmq(inventory)
        self._queue = ""

    @property
    def members(self) -> tuple[Host, ...]:
        """Nodes; each holds a replica of the queue."""
        return self.rabbitmq.members

    @property
    def shared(self) -> tuple[Host, ...]:
        """The proxies."""
        return self.rabbitmq.proxies

    def probe(self, host: Host) -> Probe:
        """The queue as this node sees it; before there is one, whether the node answers."""
        return probe(self.rabbitmq, host, self._queue)

    def leader(self) -> Host:
        """The node that leads the drill's queue; the first one before there is a queue."""
        for host in self.members if self._queue else ():
            with suppress(*failures()):
                name = str(queue_state(self.rabbitmq, host, self._queue)["leader"])
                return named(self.members, name.partition("@")[2], f"RabbitMQ on {host}")
        if self._queue:
            raise NoLeaderError(f"no node knows the leader of {self._queue}")
        return self.members[0]

    def role(self, host: Host) -> str:
        """The queue is declared so that this node leads it."""
        return self.roles[0]

    def unhealthy(self) -> str | None:
        """All nodes run, the queue has every member online, and every proxy uses every node."""
        try:
            checks.cluster(self.rabbitmq)
            for host in self.members if self._queue else ():
                online = len(queue_state(self.rabbitmq, host, self._queue).get("online", ()))
                if online != len(self.members):
                    return f"{host} sees {online} of {len(self.members)} members of the queue online"
            return haproxy.unused(self.shared, BACKEND)
        except failures(CheckFailedError) as error:
            return str(error)

    def watches(self) -> Sequence[Watch]:
        """RabbitMQ has no event for a queue's leader: the members are asked. Proxies as everywhere."""
        return [haproxy.watch_all(host, BACKEND) for host in self.shared]

    def prepare(self, drill: str, leader: Host | None) -> None:
        """A quorum queue that is led by the given node."""
        self._queue = queue_of(drill)
        declare(self.rabbitmq, leader or self.members[0], self._queue)

    def lanes(self, drill: str) -> Sequence[Lane]:
        """Confirmed publishing, and taking out."""
        return lanes(self.rabbitmq, self._queue)

    def found(self, host: Host, drill: str, acknowledged: set[str], history: History) -> set[str]:
        """What was taken out, and what this node still delivers."""
        taken = taken_out(history).keys()
        return taken | drained(self.rabbitmq, host, self._queue, acknowledged - taken)

    def duplicates(self, history: History) -> int:
        """Messages that were taken out more than once."""
        return sum(number - 1 for number in taken_out(history).values())

    def clean(self, drill: str) -> None:
        """Delete the queue."""
        remove(self.rabbitmq, self._queue)

    def budget(self, kind: Kind, role: str, settings: dict[str, str] | None = None) -> Budget:
        """From the proxies' live checks and Raft's detector."""
        return rabbitmq_budget(self.rabbitmq, self.remote, kind, role, self.multiplier)

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """From every node's own words."""
        return EXAMINATION.diagnose(self.rabbitmq, self.remote, since_seconds=since_seconds, victim=victim)

    def port_of(self, role: str) -> int:
        """AMQP."""
        return PORT


def taken_out(history: History) -> Counter[str]:
    """Keys that readers took out of the queue, and how often."""
    return Counter(each.taken for each in history.operations() if not each.writes and each.outcome == OK and each.taken)
