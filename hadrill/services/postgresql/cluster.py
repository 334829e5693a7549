"""PostgreSQL with Patroni, as drills see it."""

from collections.abc import Mapping, Sequence

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Traits
from hadrill.services.errors import reading
from hadrill.services.finding import CheckFailedError
from hadrill.services.guarded import Foreign
from hadrill.services.http import request_json
from hadrill.services.member import Probe, Watch
from hadrill.services.postgresql import checks, holdings
from hadrill.services.postgresql.budget import postgresql_budget
from hadrill.services.postgresql.diagnosis import EXAMINATION
from hadrill.services.postgresql.probe import probe, watch
from hadrill.services.postgresql.service import PORT, REST_PORT, Postgresql
from hadrill.services.postgresql.workload import PostgresqlPlace
from hadrill.timing import Budget

LEADER = "leader"


class PostgresqlCluster(Cluster):
    """One leader, streaming replicas, HAProxy that follows Patroni's word, PgBouncer behind it."""

    service = "postgresql"
    traits = Traits(peer_port=PORT, what_if=("ttl", "loop_wait"))

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.postgresql = Postgresql(inventory)

    @property
    def members(self) -> tuple[Host, ...]:
        """Members of Patroni's cluster, which are the voters of its Raft store too."""
        return self.postgresql.members

    @property
    def shared(self) -> tuple[Host, ...]:
        """The proxies."""
        return self.postgresql.proxies

    def probe(self, host: Host) -> Probe:
        """pg_is_in_recovery(), asked of PostgreSQL itself."""
        return probe(self.postgresql, host)

    def leader(self) -> Host:
        """The leader as most members see it."""
        return self.postgresql.leader()

    def why_not_healthy(self) -> str | None:
        """Which check does not hold: one leader, streaming replicas with its rows, PgBouncers that answer, proxies."""
        try:
            checks.cluster(self.postgresql)
            checks.replication(self.postgresql)
            checks.pgbouncer(self.postgresql)
            return self.postgresql.front.why_not_leading_to(self.shared, self.postgresql.backend, self.leader())
        except failures(CheckFailedError) as error:
            return str(error)

    def watches(self) -> Sequence[Watch]:
        """Every member's view of the cluster, and each proxy's server."""
        return [
            *(watch(self.postgresql, host) for host in self.members),
            *(self.postgresql.front.watch(host, self.postgresql.backend) for host in self.shared),
        ]

    def place(self, name: str, leader: Host | None = None) -> PostgresqlPlace:
        """A table of the experiment's own."""
        return PostgresqlPlace(self.postgresql, name)

    def budget(self, kind: Kind, role: str, settings: Mapping[str, str] | None = None) -> Budget:
        """From Patroni's live configuration and the proxies'."""
        return postgresql_budget(self.postgresql, self.remote, kind, role, self.multiplier, settings or {})

    def why_not_survives(self, host: Host, role: str, back: str) -> str:
        """Unlogged tables are the leader's alone."""
        return holdings.why_not_survives(self.postgresql, host) if role == LEADER else ""

    def foreign(self, host: Host) -> Foreign:
        """Pages of tables."""
        return holdings.foreign(self.postgresql, host)

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """Ask Patroni, PostgreSQL and the proxies, and name causes."""
        return EXAMINATION.diagnose(self.postgresql, self.remote, since_seconds=since_seconds, victim=victim)

    def loss_bound(self, role: str) -> str:
        """The limit of lost writes, as replication is asynchronous."""
        bytes_behind = "unknown"
        for host in self.members:
            try:
                bytes_behind = str(self.postgresql.dynamic_configuration(host).get("maximum_lag_on_failover", 1048576))
                break
            except failures():
                continue
        return f"maximum_lag_on_failover {bytes_behind} bytes, and what was written since the leader last looked"

    @classmethod
    def may_lose(cls, kind: Kind, role: str, /) -> bool:
        """Writes may be lost where a leader dies; one that is stopped in order waits for its replicas."""
        return role == LEADER and kind not in (Kind.STOP, Kind.PLANNED)

    def hand_over(self, to: Host | None) -> None:
        """Patroni's planned switchover."""
        leader = self.leader()
        own = {member["name"]: member["own_name"] for member in self.postgresql.patroni(leader)["members"]}
        with reading(f"Patroni on {leader}"):
            body = {"leader": own[leader.name]} | ({"candidate": own[to.name]} if to is not None else {})
        login = ("patroni", self.inventory.credentials.secret("postgresql", "PATRONI_PASSWORD"))
        request_json("POST", leader.address, self.inventory.port(REST_PORT), "/switchover", login, body, seconds=30.0)
