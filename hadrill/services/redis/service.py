"""The Redis cluster: its members, its Sentinels, and how a client reaches them."""

from contextlib import suppress
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hadrill.inventory import Host, Inventory
from hadrill.placement import placed
from hadrill.remote.from_here import reach
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS, failures
from hadrill.services.errors import BadAnswerError, Fields, reading
from hadrill.services.haproxy.statistics import Proxies
from hadrill.services.redis.record import SERVICE
from hadrill.services.redis.settings import RedisSettings
from hadrill.timing import Deadline, OverdueError, eventually

REDIS, SENTINEL = placed(SERVICE, "redis"), placed(SERVICE, "sentinel")
UPDATER_NAMES = ("updater-timer", "updater")
UPDATERS = tuple(placed(SERVICE, name) for name in UPDATER_NAMES)
"""The units that point a proxy at the master: a timer, and a socket that Sentinels call."""
PORT = 6379
BACKEND = "be_redis_master"
"""As the installer names it on the proxies."""
SENTINEL_PORT = 26379
LEAST_OF_ROLE = {"master": 3, "slave": 5}
"""How many values ROLE has for each role."""
PAUSE_MS = 15000
"""Longer than an old master needs to become a replica by itself: Sentinel waits for ten seconds."""
PAUSE_LEFT_SECONDS = 2.0
"""What must be left of that time to make it one."""


class Redis:
    """One master, its replicas, and the Sentinels that watch them."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory.about_the("redis")
        self.settings = self.inventory.settings.of(RedisSettings)
        self.members = self.inventory.of_role("redis")
        self.proxies = self.inventory.of_role("haproxy")

    @property
    def front(self) -> Proxies:
        """HAProxy on its proxies."""
        return Proxies(self.inventory)

    @property
    def backend(self) -> str:
        """The name of HAProxy's backend that leads to it."""
        return self.inventory.backend(PORT, BACKEND)

    @property
    def entry_point(self) -> str:
        """The address that applications use."""
        return self.inventory.entry_point(PORT).place

    def client(self, address: str, port: int = PORT, *, seconds: float | None = None) -> redis.Redis:
        """A client that never tries again by itself; Sentinels have no password. `seconds` shortens its deadlines."""
        password = None if port == SENTINEL_PORT else self.inventory.credentials.secret("redis", "REDIS_PASSWORD")
        host, reached_port = reach(*self.inventory.socket(address, port))
        return redis.Redis(
            host=host,
            port=reached_port,
            password=password,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=seconds or CONNECT_SECONDS,
            socket_timeout=seconds or ANSWER_SECONDS,
            protocol=2,
            driver_info=None,  # else each new client reads the driver's package metadata from disk
        )

    def fail_over(self, master: Host) -> None:
        """A planned switchover without a loss, as the leading Sentinel accepts it. Raises redis.RedisError.

        Sentinel alone promotes at once, tells the proxies a moment later and the old master after ten seconds: what it
        takes until then is gone. So it takes no writes from here on, and follows the new one as soon as there is one.
        """
        with self.client(master.address) as old:
            old.execute_command("CLIENT", "PAUSE", PAUSE_MS, "WRITE")
        try:
            with self.client(master.address, SENTINEL_PORT) as sentinel:
                sentinel.execute_command("SENTINEL", "FAILOVER", self.settings.master_name)
            if (new := self._promoted(master)) is not None:
                with self.client(master.address) as old:
                    old.execute_command("REPLICAOF", new.address, self.inventory.port(PORT))
        finally:
            # Writes that waited are refused by a replica; without one the master goes on.
            with self.client(master.address) as old:
                old.execute_command("CLIENT", "UNPAUSE")

    def _promoted(self, old: Host) -> Host | None:
        """The member that became the master beside the old one; None where nobody does while writes wait."""
        masters: list[Host] = []

        def nobody() -> str | None:
            for host in self.members:
                with suppress(*failures()):
                    if host != old and self.role(host)[0] == "master":
                        masters.append(host)
            return None if masters else "all are replicas"

        with suppress(OverdueError):
            eventually("another master", nobody, Deadline(PAUSE_MS / 1000 - PAUSE_LEFT_SECONDS))
        return next(iter(masters), None)

    def role(self, host: Host) -> list[Any]:
        """What the member says of itself: ROLE. Raises redis.RedisError."""
        with self.client(host.address) as client:
            answer = list(client.execute_command("ROLE"))
        if not answer or len(answer) < LEAST_OF_ROLE.get(str(answer[0]), 1):
            raise BadAnswerError(f"Redis on {host} answered ROLE with {answer!r}")
        return answer

    def sentinel_master(self, host: Host) -> dict[str, str]:
        """What the Sentinel of a host says of the master. Raises redis.RedisError."""
        with self.client(host.address, SENTINEL_PORT) as client:
            return _pairs(
                f"Sentinel on {host}", client.execute_command("SENTINEL", "MASTER", self.settings.master_name)
            )

    def sentinel_config(self, host: Host) -> dict[str, str]:
        """What the Sentinel of a host is set to itself. Raises redis.RedisError."""
        with self.client(host.address, SENTINEL_PORT) as client:
            return _pairs(f"Sentinel on {host}", client.execute_command("SENTINEL", "CONFIG", "GET", "*"))

    def in_tilt(self, host: Host) -> bool:
        """Whether the Sentinel of a host distrusts its clock. Raises redis.RedisError."""
        with self.client(host.address, SENTINEL_PORT) as client:
            info: dict[str, Any] = client.info("sentinel")
            return str(info.get("sentinel_tilt")) == "1"

    def sentinel_list(self, host: Host, what: str) -> list[dict[str, str]]:
        """What the Sentinel of a host says of its `REPLICAS` or of the other `SENTINELS`."""
        with self.client(host.address, SENTINEL_PORT) as client:
            rows = client.execute_command("SENTINEL", what, self.settings.master_name)
        return [_pairs(f"Sentinel on {host}", row) for row in rows]


def _pairs(source: str, answer: Any) -> dict[str, str]:
    """A flat list of names and values, or what redis-py made of it, as a dictionary of strings."""
    with reading(source):
        flat = isinstance(answer, list)
        pairs = zip(answer[::2], answer[1::2], strict=True) if flat else answer.items()
        return Fields(source, {str(key): str(value) for key, value in pairs})


def denied(error: Exception) -> bool:
    """WRONGPASS, NOAUTH, NOPERM."""
    return isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError)


def pod_login(inventory: Inventory) -> dict[str, str]:
    """The login of the clients in pods."""
    password = inventory.credentials.secret("redis", "REDIS_PASSWORD")
    way = inventory.entry_point(PORT)
    return {"host": way.address, "port": str(way.at), "password": password}
