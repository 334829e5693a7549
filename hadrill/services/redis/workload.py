"""SET and GET at the entry point."""

from collections.abc import Sequence
from typing import Any

import redis

from hadrill.inventory import Host
from hadrill.services.place import Place
from hadrill.services.redis.service import PORT, Redis
from hadrill.workload import OPERATION_SECONDS, Answer, History, Lane

KEEP_SECONDS = 3600
"""Keys of an experiment that was killed expire by themselves."""
BATCH = 500


def key_of(experiment: str, key: str) -> str:
    """The name in Redis."""
    return f"hadrill:drill:{experiment}:{key}"


def count_of(experiment: str) -> str:
    """The key that counts an experiment's writes."""
    return key_of(experiment, "count")


def lanes(service: Redis, experiment: str) -> Sequence[Lane]:
    """Writes and reads, over new and pooled connections."""
    return [
        Lane(kind, connection, PORT, lambda: RedisClient(service, experiment), refused)
        for kind in ("write", "read")
        for connection in ("new", "pooled")
    ]


def refused(error: Exception) -> bool:
    """Redis answered with an error (READONLY, NOREPLICAS, LOADING): nothing was written."""
    return isinstance(error, redis.ResponseError)


class RedisClient:
    """One connection."""

    def __init__(self, service: Redis, experiment: str) -> None:
        self._experiment = experiment
        self._client = service.client(service.entry_point, seconds=OPERATION_SECONDS)
        try:
            self._client.ping()
        except BaseException:
            self._client.close()
            raise

    def write(self, key: str) -> Answer:
        """SET, and count it: both or neither."""
        with self._client.pipeline(transaction=True) as batch:
            batch.execute_command("CLIENT", "INFO")
            batch.set(key_of(self._experiment, key), key, ex=KEEP_SECONDS)
            batch.incr(count_of(self._experiment))
            return Answer(_server(batch.execute()[0]))

    def read(self) -> Answer:
        """GET how many writes there were."""
        with self._client.pipeline(transaction=False) as batch:
            batch.execute_command("CLIENT", "INFO")
            batch.get(count_of(self._experiment))
            info, count = batch.execute()
        return Answer(_server(info), int(count or 0))

    def abort(self) -> None:
        """Do nothing: its socket has a deadline of its own."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _server(info: Any) -> str:
    """Who answered. Asked each time: redis-py opens a connection that the proxy closed again without a word."""
    fields = dict(pair.split("=", 1) for pair in str(info).split())
    return fields["laddr"].rpartition(":")[0]


class RedisPlace(Place):
    """Keys under one prefix, which end by themselves."""

    def __init__(self, service: Redis, name: str) -> None:
        self._redis, self._name = service, name

    @property
    def lanes(self) -> Sequence[Lane]:
        """Writes and reads, over new and pooled connections."""
        return lanes(self._redis, self._name)

    @property
    def readers(self) -> tuple[Host, ...]:
        """Every member."""
        return self._redis.members

    def make(self) -> None:
        """A count for the readers."""
        with self._redis.client(self._redis.entry_point) as client:
            client.set(count_of(self._name), 0, ex=KEEP_SECONDS)

    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """Keys that a member has."""
        keys, held = sorted(acknowledged), set[str]()
        with self._redis.client(host.address) as client:
            for start in range(0, len(keys), BATCH):
                part = keys[start : start + BATCH]
                values = client.mget([key_of(self._name, key) for key in part])
                held |= {key for key, value in zip(part, values, strict=True) if value == key}
        return held

    def clean(self) -> None:
        """Remove the keys from the master; replicas follow."""
        with self._redis.client(self._redis.entry_point) as client:
            names = list(client.scan_iter(match=key_of(self._name, "*"), count=1000))
            for start in range(0, len(names), BATCH):
                client.unlink(*names[start : start + BATCH])
