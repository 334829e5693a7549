"""MariaDB Galera behind its SQL proxies, as drills see it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.abilities import Electorate
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Traits
from hadrill.services.errors import NoLeaderError
from hadrill.services.finding import CheckFailedError
from hadrill.services.guarded import Foreign
from hadrill.services.mariadb import checks, holdings
from hadrill.services.mariadb.budget import mariadb_budget, weight_of
from hadrill.services.mariadb.diagnosis import EXAMINATION
from hadrill.services.mariadb.probe import probe
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.mariadb.sql_proxies import sql_proxies
from hadrill.services.mariadb.workload import MariadbPlace
from hadrill.services.member import Probe, Watch
from hadrill.timing import Budget
from hadrill.workload import Invariant

GALERA_PORT = 4567


class MariadbCluster(Cluster):
    """Nodes of equal rank, one of which the SQL proxies use as the writer."""

    service = "mariadb"
    traits = Traits(
        peer_port=GALERA_PORT,
        # Nodes that lost their primary component form it anew when all are back, or by hand (pc.bootstrap).
        resumes_whole=True,
        exempt={Invariant.ONE_LEADER: "nodes are of equal rank: certification decides which of two writes holds"},
        why_no_switchover="the order of nodes in the SQL proxy's configuration decides who is the writer",
    )

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

    def electorate(self, host: Host) -> Electorate:
        """All nodes, each with the votes that its pc.weight gives it."""
        with ThreadPoolExecutor(max_workers=len(self.members)) as pool:
            weights = pool.map(lambda member: weight_of(self.mariadb, member), self.members)
            votes = dict(zip(self.members, weights, strict=True))
        return Electorate(votes, sum(votes.values()) // 2 + 1)

    def probe(self, host: Host) -> Probe:
        """The node's wsrep status."""
        return probe(self.mariadb, host)

    def leader(self) -> Host:
        """The writer of the first SQL proxy that answers."""
        untold = []
        for proxy in self.shared:
            try:
                return self.sql_proxies.writer(proxy)
            except failures() as error:
                untold.append(f"{proxy}: {error}")
        raise NoLeaderError("no SQL proxy names a writer: " + "; ".join(untold))

    def why_not_healthy(self) -> str | None:
        """Why not every node is synced in one primary component, or not every SQL proxy uses all nodes."""
        try:
            checks.cluster(self.mariadb)
            return self.sql_proxies.why_not_healthy()
        except failures(CheckFailedError) as error:
            return str(error)

    def watches(self) -> Sequence[Watch]:
        """The SQL proxies' servers."""
        return [self.sql_proxies.watch(host) for host in self.shared]

    def place(self, name: str, leader: Host | None = None) -> MariadbPlace:
        """A table of the experiment's own."""
        return MariadbPlace(self.mariadb, name)

    def budget(self, kind: Kind, role: str, settings: Mapping[str, str] | None = None) -> Budget:
        """From Galera's live provider options and the proxies' checks."""
        return mariadb_budget(self.mariadb, self.sql_proxies, self.remote, kind, role, self.multiplier)

    def why_not_survives(self, host: Host, role: str, back: str) -> str:
        """What only this node has."""
        return holdings.why_not_survives(self.mariadb, host)

    def foreign(self, host: Host) -> Foreign:
        """Pages of tables."""
        return holdings.foreign(self.mariadb, host)

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """Ask every node and every proxy, and name causes."""
        return EXAMINATION.diagnose(self.mariadb, self.remote, since_seconds=since_seconds, victim=victim)
