"""MariaDB Galera behind its SQL proxies, as drills see it."""

from collections.abc import Sequence
from typing import ClassVar

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Probe, Watch
from hadrill.services.errors import NoLeaderError
from hadrill.services.finding import CheckFailedError
from hadrill.services.mariadb import checks
from hadrill.services.mariadb.budget import mariadb_budget
from hadrill.services.mariadb.diagnosis import EXAMINATION
from hadrill.services.mariadb.probe import probe
from hadrill.services.mariadb.service import PORT, Mariadb
from hadrill.services.mariadb.sql_proxies import sql_proxies
from hadrill.services.mariadb.workload import COLUMNS, EMPTY, KEYS, TABLE, lanes
from hadrill.timing import Budget
from hadrill.workload import History, Invariant, Lane, Operation

GALERA_PORT = 4567


class MariadbCluster(Cluster):
    """Nodes of equal rank, one of which the SQL proxies use as the writer."""

    service = "mariadb"
    roles = ("writer", "node")
    exempt: ClassVar[dict[Invariant, str]] = {
        Invariant.ONE_LEADER: "nodes are of equal rank: certification decides which of two writes holds"
    }
    # Nodes that lost their primary component form it anew when all are back, or by hand (pc.bootstrap).
    resumes_whole = True
    peer_port = GALERA_PORT
    hand_over_note = "the order of nodes in the SQL proxy's configuration decides who is the writer"

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.mariadb = Mariadb(inventory)
        self.sql_proxies = sql_proxies(self.mariadb)

    @property
    def members(self) -> tuple[Host, ...]:
        """Galera nodes."""
        return self.mariadb.members

    @property
    def shared(self) -> tuple[Host, ...]:
        """The SQL proxies."""
        return self.mariadb.proxies

    def probe(self, host: Host) -> Probe:
        """The node's wsrep status."""
        return probe(self.mariadb, host)

    def leader(self) -> Host:
        """The writer that the first SQL proxy uses that answers."""
        untold = []
        for proxy in self.shared:
            try:
                return self.sql_proxies.writer(proxy)
            except failures() as error:
                untold.append(f"{proxy}: {error}")
        raise NoLeaderError("no SQL proxy names a writer: " + "; ".join(untold))

    def unhealthy(self) -> str | None:
        """Every node synced in one primary component, every SQL proxy uses all of them."""
        try:
            checks.cluster(self.mariadb)
            return self.sql_proxies.unhealthy()
        except failures(CheckFailedError) as error:
            return str(error)

    def watches(self) -> Sequence[Watch]:
        """The SQL proxies' servers."""
        return [self.sql_proxies.watch(host) for host in self.shared]

    def prepare(self, drill: str, leader: Host | None) -> None:
        """An empty table."""
        with self.mariadb.connect(self.mariadb.entry_point) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE OR REPLACE TABLE {TABLE} ({COLUMNS})")

    def lanes(self, drill: str) -> Sequence[Lane]:
        """Writes and reads, over new and pooled connections."""
        return lanes(self.mariadb)

    def found(self, host: Host, drill: str, acknowledged: set[str], history: History) -> set[str]:
        """Rows that a node has, after it has applied all that the cluster has."""
        with self.mariadb.connect(host.address) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION wsrep_sync_wait = 1")
            cursor.execute(KEYS, (f"{drill}-%",))
            return {str(row[0]) for row in cursor.fetchall()}

    def shown_by(self, read: Operation) -> str:
        """The node: without wsrep_sync_wait one may be behind another by what waits to be applied."""
        return read.server

    def clean(self, drill: str) -> None:
        """Empty the table; it stays, as in the basic checks."""
        with self.mariadb.connect(self.mariadb.entry_point) as connection, connection.cursor() as cursor:
            cursor.execute(EMPTY)

    def budget(self, kind: Kind, role: str, settings: dict[str, str] | None = None) -> Budget:
        """From Galera's live provider options and the proxies' checks."""
        return mariadb_budget(self.mariadb, self.sql_proxies, self.remote, kind, role, self.multiplier)

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """From every node's and every proxy's own words."""
        return EXAMINATION.diagnose(self.mariadb, self.remote, since_seconds=since_seconds, victim=victim)

    def port_of(self, role: str) -> int:
        """MariaDB."""
        return PORT
