"""PostgreSQL with Patroni, as drills see it."""

from collections.abc import Sequence
from contextlib import closing

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Probe, Watch
from hadrill.services.finding import CheckFailedError
from hadrill.services.haproxy import statistics as haproxy
from hadrill.services.http import request_json
from hadrill.services.postgresql import checks
from hadrill.services.postgresql.budget import postgresql_budget
from hadrill.services.postgresql.diagnosis import EXAMINATION
from hadrill.services.postgresql.probe import probe, watch
from hadrill.services.postgresql.service import PORT, REST_PORT, Postgresql
from hadrill.services.postgresql.workload import COLUMNS, KEYS, TABLE, lanes
from hadrill.timing import Budget, Deadline, eventually
from hadrill.workload import History, Lane

BACKEND = "be_postgresql"
CAUGHT_UP_SECONDS = 15.0


class PostgresqlCluster(Cluster):
    """One leader, streaming replicas, HAProxy that follows Patroni's word, PgBouncer behind it."""

    service = "postgresql"
    roles = ("leader", "replica")
    peer_port = PORT
    what_if = ("ttl", "loop_wait")

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
        """As most members see it."""
        return self.postgresql.leader()

    def unhealthy(self) -> str | None:
        """One leader, streaming replicas that have its rows, PgBouncers that answer, proxies that lead to it."""
        try:
            checks.cluster(self.postgresql)
            checks.replication(self.postgresql)
            checks.pgbouncer(self.postgresql)
            return haproxy.misled(self.shared, BACKEND, self.leader())
        except failures(CheckFailedError) as error:
            return str(error)

    def watches(self) -> Sequence[Watch]:
        """Every member's view of the cluster, and each proxy's server."""
        return [
            *(watch(self.postgresql, host) for host in self.members),
            *(haproxy.watch(host, BACKEND) for host in self.shared),
        ]

    def prepare(self, drill: str, leader: Host | None) -> None:
        """An empty table."""
        with closing(self.postgresql.connect(self.postgresql.entry_point)) as connection:
            connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
            connection.execute(f"CREATE TABLE {TABLE} ({COLUMNS})")

    def lanes(self, drill: str) -> Sequence[Lane]:
        """New connections to PostgreSQL through HAProxy, pooled ones to PgBouncer."""
        return lanes(self.postgresql)

    def found(self, host: Host, drill: str, acknowledged: set[str], history: History) -> set[str]:
        """Rows that a member has, once it has replayed all that the leader wrote."""
        with closing(self.postgresql.connect(self.leader().address)) as connection:
            row = connection.execute("SELECT pg_current_wal_lsn()").fetchone()
        with closing(self.postgresql.connect(host.address)) as connection:
            behind = "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() < %s"

            def lagging() -> str | None:
                answer = connection.execute(behind, row).fetchone()
                return "it has not replayed everything" if answer and answer[0] else None

            eventually(f"{host} to catch up", lagging, Deadline(CAUGHT_UP_SECONDS))
            rows = connection.execute(KEYS, (f"{drill}-%",))
            return {str(each[0]) for each in rows}

    def clean(self, drill: str) -> None:
        """Empty the table; it stays, as in the basic checks."""
        with closing(self.postgresql.connect(self.postgresql.entry_point)) as connection:
            connection.execute(f"TRUNCATE {TABLE}")

    def budget(self, kind: Kind, role: str, settings: dict[str, str] | None = None) -> Budget:
        """From Patroni's live configuration and the proxies'."""
        return postgresql_budget(self.postgresql, self.remote, kind, role, self.multiplier, settings or {})

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """From Patroni's, PostgreSQL's and the proxies' own words."""
        return EXAMINATION.diagnose(self.postgresql, self.remote, since_seconds=since_seconds, victim=victim)

    def port_of(self, role: str) -> int:
        """PostgreSQL."""
        return PORT

    def loss_bound(self, role: str) -> str:
        """Replication is asynchronous."""
        bytes_behind = "unknown"
        for host in self.members:
            try:
                bytes_behind = str(self.postgresql.dynamic_configuration(host).get("maximum_lag_on_failover", 1048576))
                break
            except failures():
                continue
        return f"maximum_lag_on_failover {bytes_behind} bytes, and what was written since the leader last looked"

    def may_lose(self, kind: Kind, role: str) -> bool:
        """A leader that says goodbye waits for its replicas; one that dies does not."""
        return role == self.roles[0] and kind not in (Kind.STOP, Kind.PLANNED)

    def hand_over(self, to: Host | None) -> None:
        """Patroni's planned switchover."""
        leader = self.leader()
        body = {"leader": leader.name} | ({"candidate": to.name} if to is not None else {})
        login = ("patroni", self.inventory.credentials.secret(self.members[0].role, "PATRONI_PASSWORD"))
        request_json("POST", leader.address, REST_PORT, "/switchover", login, body, seconds=30.0)
