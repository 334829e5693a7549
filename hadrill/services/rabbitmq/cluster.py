"""RabbitMQ with a quorum queue, as drills see it."""

from collections.abc import Mapping, Sequence

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Traits
from hadrill.services.finding import CheckFailedError
from hadrill.services.guarded import Foreign
from hadrill.services.member import Probe, Watch
from hadrill.services.rabbitmq import checks, holdings
from hadrill.services.rabbitmq.budget import rabbitmq_budget
from hadrill.services.rabbitmq.diagnosis import EXAMINATION
from hadrill.services.rabbitmq.probe import probe
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.rabbitmq.workload import RabbitmqPlace
from hadrill.timing import Budget
from hadrill.workload import Invariant

DISTRIBUTION_PORT = 25672


class RabbitmqCluster(Cluster):
    """Its nodes. Each queue has a leader of its own: a node is leader or follower only of the workload's queue."""

    service = "rabbitmq"
    traits = Traits(
        peer_port=DISTRIBUTION_PORT,
        look_seconds=0.2,
        rate_share=0.5,  # a new connection costs its node 20 ms of processor
        exempt={
            Invariant.ONE_LEADER: "any node takes a message and hands it to the queue's leader, none says who that was",
            Invariant.NEVER_BACK: "a read takes its message out; what comes twice is counted",
        },
        why_no_switchover="each queue has a leader of its own",
    )

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.rabbitmq = Rabbitmq(inventory)

    @property
    def members(self) -> tuple[Host, ...]:
        """Nodes; each holds a replica of the queue."""
        return self.rabbitmq.members

    @property
    def shared(self) -> tuple[Host, ...]:
        """The proxies."""
        return self.rabbitmq.proxies

    def probe(self, host: Host) -> Probe:
        """Whether the node answers."""
        return probe(self.rabbitmq, host)

    def why_not_healthy(self) -> str | None:
        """Which node does not run, or which proxy does not use every node."""
        try:
            checks.cluster(self.rabbitmq)
            return self.rabbitmq.front.why_not_all_used(self.shared, self.rabbitmq.backend)
        except failures(CheckFailedError) as error:
            return str(error)

    def watches(self) -> Sequence[Watch]:
        """Each proxy's servers. RabbitMQ has no event for a queue's leader: the observer asks the members."""
        return [self.rabbitmq.front.watch_all(host, self.rabbitmq.backend) for host in self.shared]

    def place(self, name: str, leader: Host | None = None) -> RabbitmqPlace:
        """A quorum queue of the experiment's own."""
        return RabbitmqPlace(self.rabbitmq, name, leader or self.members[0])

    def budget(self, kind: Kind, role: str, settings: Mapping[str, str] | None = None) -> Budget:
        """From the proxies' live checks and Raft's detector."""
        return rabbitmq_budget(self.rabbitmq, self.remote, kind, role, self.multiplier)

    def why_not_survives(self, host: Host, role: str, back: str) -> str:
        """What only this node has."""
        return holdings.why_not_survives(self.rabbitmq, host)

    def foreign(self, host: Host) -> Foreign:
        """Messages."""
        return holdings.foreign(self.rabbitmq, host)

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """Ask every node, and name causes."""
        return EXAMINATION.diagnose(self.rabbitmq, self.remote, since_seconds=since_seconds, victim=victim)
