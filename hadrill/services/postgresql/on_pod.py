"""Runs in a pod (hadrill/on_host/pod_clients.py), where hadrill is not: a round trip with PostgreSQL."""

import psycopg

LIMIT = 2
"""Seconds that a connection may take, and that an answer may take."""


def round_trip(login: dict[str, str]) -> bool:
    """A query."""
    with psycopg.connect(
        host=login["host"],
        port=int(login.get("port", 5432)),
        user="hadrill",
        password=login["password"],
        dbname="hadrill",
        connect_timeout=LIMIT,
        options=f"-c statement_timeout={LIMIT}s",
    ) as link:
        row = link.execute("SELECT 41 + 1").fetchone()
    return row is not None and row[0] == 42
