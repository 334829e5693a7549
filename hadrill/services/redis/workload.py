"""SET and GET at the entry point."""

from collections.abc import Sequence

import redis
from redis.client import Pipeline

from hadrill.services.redis.service import PORT, Redis
from hadrill.workload import OPERATION_SECONDS, Lane

KEEP_SECONDS = 3600
"""Keys of a drill that was killed go away by themselves."""


def key_of(drill: str, key: str) -> str:
    """The name in Redis."""
    return f"hadrill:drill:{drill}:{key}"


def lanes(service: Redis, drill: str) -> Sequence[Lane]:
    """Writes and reads, over new and pooled connections."""
    return [
        Lane(kind, connection, PORT, lambda: RedisClient(service, drill), refused)
        for kind in ("write", "read")
        for connection in ("new", "pooled")
    ]


def refused(error: Exception) -> bool:
    """Redis answered with an error (READONLY, NOREPLICAS, LOADING): nothing was written."""
    return isinstance(error, redis.ResponseError)


class RedisClient:
    """One connection."""

    def __init__(self, service: Redis, drill: str) -> None:
        self._drill = drill
        self._client = service.client(service.entry_point, seconds=OPERATION_SECONDS)
        try:
            self._client.ping()
        except BaseException:
            self._client.close()
            raise

    def write(self, key: str) -> str:
        """SET."""
        with self._client.pipeline(transaction=False) as batch:
            batch.set(key_of(self._drill, key), key, ex=KEEP_SECONDS)
            return self._answer(batch)

    def read(self) -> str:
        """GET."""
        with self._client.pipeline(transaction=False) as batch:
            batch.get(key_of(self._drill, "seed"))
            return self._answer(batch)

    @staticmethod
    def _answer(batch: Pipeline) -> str:
        # Asked each time: redis-py opens a connection that the proxy closed again without a word.
        batch.execute_command("CLIENT", "INFO")
        fields = dict(pair.split("=", 1) for pair in str(batch.execute()[1]).split())
        return fields["laddr"].rpartition(":")[0]

    def abort(self) -> None:
        """Its socket has a deadline of its own."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
