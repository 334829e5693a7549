"""Redis with Sentinel, as drills see it."""

import math
from collections.abc import Mapping, Sequence

import redis

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Traits
from hadrill.services.errors import NoLeaderError, NotHandedOverError, reading
from hadrill.services.finding import CheckFailedError
from hadrill.services.guarded import Foreign
from hadrill.services.member import Probe, Watch
from hadrill.services.redis import checks
from hadrill.services.redis.budget import down_after, redis_budget
from hadrill.services.redis.diagnosis import EXAMINATION
from hadrill.services.redis.probe import probe, watch
from hadrill.services.redis.service import PORT, SENTINEL_PORT, Redis
from hadrill.services.redis.workload import RedisPlace
from hadrill.timing import Budget, Deadline, eventually

MASTER = "master"
FIRST, NEVER = 1, 0
"""The best replica priority, and that of a member which is never made the master."""
CHANGES_PER_WRITE = 2
"""A client's write sets a key and counts it."""
INFO_SECONDS = 15.0
"""Sentinel asks every member for INFO each ten seconds."""


class RedisCluster(Cluster):
    """One master, its replicas, the Sentinels beside them, and the proxies that follow the master."""

    service = "redis"
    traits = Traits(peer_port=PORT, what_if=("down-after",))

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.redis = Redis(inventory)

    @property
    def members(self) -> tuple[Host, ...]:
        """Each host has a Redis and a Sentinel."""
        return self.redis.members

    @property
    def shared(self) -> tuple[Host, ...]:
        """The proxies."""
        return self.redis.proxies

    def probe(self, host: Host) -> Probe:
        """ROLE."""
        return probe(self.redis, host)

    def leader(self) -> Host:
        """The master by the first Sentinel that answers."""
        by_address = {host.address: host for host in self.members}
        reasons = []
        for host in self.members:
            try:
                with self.redis.client(host.address, SENTINEL_PORT) as client:
                    place = client.execute_command(
                        "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.redis.settings.master_name
                    )
                with reading(f"Sentinel on {host}"):
                    return by_address[place[0]]
            except failures() as error:
                reasons.append(f"{host}: {error}")
        raise NoLeaderError("no Sentinel names a master: " + "; ".join(reasons))

    def why_not_healthy(self) -> str | None:
        """Which check does not hold: one master with linked replicas, Sentinels that agree, proxies that lead to it."""
        try:
            checks.replication(self.redis)
            checks.sentinel(self.redis)
            return self.redis.front.why_not_leading_to(self.shared, self.redis.backend, self.leader())
        except failures(CheckFailedError) as error:
            return str(error)

    def watches(self) -> Sequence[Watch]:
        """Every Sentinel's events, and each proxy's server."""
        return [
            *(watch(self.redis, host) for host in self.members),
            *(self.redis.front.watch(host, self.redis.backend) for host in self.shared),
        ]

    def place(self, name: str, leader: Host | None = None) -> RedisPlace:
        """Keys of the experiment's own."""
        return RedisPlace(self.redis, name)

    def budget(self, kind: Kind, role: str, settings: Mapping[str, str] | None = None) -> Budget:
        """From Sentinel's live settings, and from how the proxies follow it."""
        return redis_budget(self.redis, self.remote, kind, role, self.multiplier, settings or {})

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """Ask every Sentinel and every Redis, and name causes."""
        return EXAMINATION.diagnose(self.redis, self.remote, since_seconds=since_seconds, victim=victim)

    def why_not_available(self, fault: str, role: str) -> str:
        """Faults of a whole machine are not of Sentinel alone: its Redis is on the same machine."""
        if role == "sentinel" and fault in ("power-off", "reboot", "isolate", "reject", "engine-stop"):
            return f"Sentinel shares its machine with Redis: {fault} hits both; cut-port is about Sentinel alone"
        return ""

    def loss_bound(self, role: str) -> str:
        """Which writes may be lost, as replication is asynchronous, and how long a master alone takes writes."""
        limits = [(self._alone(host), host) for host in self.members]
        longest, host = max(limits, key=lambda pair: pair[0])
        limit = "min-replicas-to-write 0: until it was healed"
        if longest < math.inf:
            limit = f"min-replicas-max-lag {longest:.0f} s"
        return f"writes of the last moments that no replica had yet, and an isolated master's ({limit}, live, {host})"

    def _alone(self, host: Host) -> float:
        """Seconds for which a member as a master alone would take writes; 0 where it does not say."""
        try:
            with self.redis.client(host.address) as client, reading(f"Redis on {host}"):
                live = client.config_get("min-replicas-*")
                lag, least = float(live["min-replicas-max-lag"]), int(live["min-replicas-to-write"])
        except failures():
            return 0.0
        # Either of them at 0 switches the limit off.
        return lag if lag and least else math.inf

    def why_not_survives(self, host: Host, role: str, back: str) -> str:
        """Why a master would come back empty before it is missed: its replicas would copy that."""
        if role != MASTER:
            return ""
        noticed, _ = down_after(self.redis)
        with self.redis.client(host.address) as client:
            with reading(f"Redis on {host}"):
                appendonly = str(client.config_get("appendonly")["appendonly"])
                save = str(client.config_get("save")["save"])
                unsaved = int(client.info("persistence")["rdb_changes_since_last_save"])
            # Before our own keys, of which clients may write more at this moment: none is taken for another's.
            foreign = self.foreign(host)
            own = sum(1 for _ in client.scan_iter(match="hadrill:*", count=1000)) if appendonly != "yes" else 0
        # Our own keys all end by themselves.
        keys = max(foreign.lasting, foreign.total - own)
        unsaved = max(0, unsaved - CHANGES_PER_WRITE * own)
        if appendonly == "yes" or keys <= 0 or (save and not unsaved):
            return ""
        kept, gone = "keeps nothing on disk", f"{keys:,} keys that are not this drill's would be gone"
        if save:
            kept = "keeps snapshots only"
            gone = f"{unsaved:,} changes since the last one would be gone, of {keys:,} keys that are not this drill's"
        settings = f'(appendonly {appendonly}, save "{save}")'
        return f"{host} {kept} {settings} and {back}, down-after is {noticed:g} s: {gone}"

    def foreign(self, host: Host) -> Foreign:
        """Keys of every database. All keys that experiments and checks write expire."""
        with self.redis.client(host.address) as client:
            databases = client.info("keyspace").values()
        with reading(f"Redis on {host}"):
            keys, ends = (sum(int(counts[name]) for counts in databases) for name in ("keys", "expires"))
            milliseconds = max((float(counts["avg_ttl"]) for counts in databases), default=0.0)
        return Foreign("keys", keys - ends, ends, milliseconds / 1000)

    @classmethod
    def may_lose(cls, _kind: Kind, role: str, /) -> bool:
        """Writes may be lost with the master: those that it had not sent to a replica."""
        return role == MASTER

    def hand_over(self, to: Host | None) -> None:
        """SENTINEL FAILOVER while writes wait; the chosen member has the best replica priority meanwhile.

        Nobody else's is touched: a member that others have set to 0 stays one that never leads.
        Raises NotHandedOverError, before anything is changed.
        """
        old = self.leader()
        if to is None:
            self.redis.fail_over(old)
            return
        before = self._priority(to)
        others = {host: self._priority(host) for host in self.members if host not in (old, to)}
        if before == NEVER:
            raise NotHandedOverError(f"{to} has replica-priority {NEVER}: it is never to be the master")
        if rivals := [str(host) for host, priority in others.items() if priority == FIRST]:
            raise NotHandedOverError(f"{to} cannot be put before {rivals[0]}, whose replica-priority is {FIRST}")
        try:
            self._set_priority(to, FIRST)
            with self.redis.client(old.address, SENTINEL_PORT) as client:
                self._until_priorities_are_known(client, to)
            self.redis.fail_over(old)
        finally:
            self._put_back(to, before)

    def _priority(self, host: Host) -> int:
        with self.redis.client(host.address) as client, reading(f"Redis on {host}"):
            return int(client.config_get("replica-priority")["replica-priority"])

    def _set_priority(self, host: Host, priority: int) -> None:
        with self.redis.client(host.address) as client:
            client.config_set("replica-priority", priority)

    def _put_back(self, host: Host, priority: int) -> None:
        """As it was before. Raises OverdueError, which says what has to be set by hand."""

        def why_not() -> str | None:
            try:
                self._set_priority(host, priority)
            except failures() as error:
                return f"{error}; it may be {FIRST} still: CONFIG SET replica-priority {priority}"
            return None

        eventually(f"replica-priority {priority} on {host} again", why_not, Deadline(INFO_SECONDS))

    def _until_priorities_are_known(self, client: redis.Redis, to: Host) -> None:
        # Sentinel reads priorities from INFO, every ten seconds while all is well.
        def unknown() -> str | None:
            rows = client.execute_command("SENTINEL", "REPLICAS", self.redis.settings.master_name)
            seen = {}
            for row in rows:
                with reading("Sentinel"):
                    pairs = row if isinstance(row, dict) else dict(zip(row[::2], row[1::2], strict=True))
                    seen[pairs["ip"]] = pairs["slave-priority"]
            return None if seen.get(to.address) == str(FIRST) else f"priorities {seen}"

        eventually("Sentinel to know the replicas' priorities", unknown, Deadline(INFO_SECONDS))
