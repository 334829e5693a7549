"""Runs in a pod (hadrill/on_host/pod_clients.py), where hadrill is not: a round trip with Redis."""

import uuid

import redis

LIMIT = 2
"""Seconds that a connection may take, and that an answer may take."""


def round_trip(login: dict[str, str]) -> bool:
    """SET and GET."""
    with redis.Redis(
        login["host"],
        int(login.get("port", 6379)),
        password=login["password"],
        socket_timeout=LIMIT,
        socket_connect_timeout=LIMIT,
    ) as link:
        key = f"hadrill:pod:{uuid.uuid4()}"
        link.set(key, "42", ex=60)
        return bool(link.get(key) == b"42")
