"""What each PostgreSQL says of itself, and how each Patroni sees the cluster."""

import select
import threading
from typing import Any

import psycopg

from hadrill.inventory import Host
from hadrill.services.errors import BadAnswerError
from hadrill.services.member import SILENT, Member, Probe, Watch
from hadrill.services.postgresql.service import Postgresql
from hadrill.timing import Timeline

ASK_SECONDS = 0.5
VIEW_SECONDS = 0.25
"""Between two looks at Patroni's REST interface: each costs its host several milliseconds."""


def probe(service: Postgresql, host: Host) -> Probe:
    """pg_is_in_recovery() over a connection that is kept; one that hangs is given up."""
    kept: list[psycopg.Connection[Any]] = []

    def ask() -> Member:
        try:
            if not kept:
                kept.append(service.connect(host.address, user="postgres", database="postgres"))
            answer = _first_value(kept[0], b"SELECT pg_is_in_recovery()")
        except (psycopg.Error, OSError):
            while kept:
                kept.pop().close()
            return SILENT
        return Member("replica") if answer == b"t" else Member("leader", leads=True)

    return ask


def _first_value(connection: psycopg.Connection[Any], query: bytes) -> bytes | None:
    # Below psycopg's own execute(), which would wait for ever on a server that stands still.
    low = connection.pgconn
    low.send_query(query)
    value = None
    while True:
        while low.is_busy():
            if not select.select([low.socket], [], [], ASK_SECONDS)[0]:
                raise psycopg.OperationalError(f"no answer within {ASK_SECONDS} s")
            low.consume_input()
        result = low.get_result()
        if result is None:
            return value
        value = result.get_value(0, 0) if result.ntuples else None


def watch(service: Postgresql, host: Host) -> Watch:
    """Who leads and in which state, as one member's Patroni sees it."""

    def run(timeline: Timeline, stop: threading.Event) -> None:
        last: tuple[str, str] | None = None
        while not stop.wait(VIEW_SECONDS):
            try:
                leaders = [m for m in service.patroni(host)["members"] if m["role"] == "leader"]
            except (OSError, BadAnswerError):
                continue
            now = (leaders[0]["name"], leaders[0]["state"]) if leaders else ("", "")
            if last is not None and now != last:
                name, state = now
                phase = "elect" if name and name != last[0] else "detect" if not name else ""
                timeline.add(f"patroni {host}", f"leader {name or 'none'} {state}".strip(), phase)
            last = now

    return run
