"""SET and GET at the entry point."""

from collections.abc import Sequence

import redis

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
            # Behind proxies only the server's end of the connection says who answers.
            self._server = str(self._client.client_info()["laddr"]).rpartition(":")[0]
        except BaseException:
            self._client.close()
            raise

    def write(self, key: str) -> str:
        """SET."""
        self._client.set(key_of(self._drill, key), key, ex=KEEP_SECONDS)
        return self._server

    def read(self) -> str:
        """GET."""
        self._client.get(key_of(self._drill, "seed"))
        return self._server

    def abort(self) -> None:
        """Its socket has a deadline of its own."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
