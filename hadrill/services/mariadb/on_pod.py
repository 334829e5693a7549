"""Runs in a pod (hadrill/on_host/pod_clients.py), where hadrill is not: a round trip with MariaDB."""

import pymysql

LIMIT = 2
"""Seconds that a connection may take, and that an answer may take."""


def round_trip(login: dict[str, str]) -> bool:
    """A query through the SQL proxy."""
    link = pymysql.connect(
        host=login["host"],
        port=int(login.get("port", 3306)),
        user="hadrill",
        password=login["password"],
        connect_timeout=LIMIT,
        read_timeout=LIMIT,
        write_timeout=LIMIT,
    )
    with link.cursor() as cursor:
        cursor.execute("SELECT 41 + 1")
        row = cursor.fetchone()
    link.close()
    return bool(row and row[0] == 42)
