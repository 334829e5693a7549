"""HAProxy's own view of its servers, from its statistics page."""

import csv
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from hadrill.inventory import Host
from hadrill.services.asking import CONNECT_SECONDS
from hadrill.services.errors import BadAnswerError, reading
from hadrill.services.http import OK, Pages
from hadrill.services.member import SILENT, Member, Probe
from hadrill.timing import POLL, Timeline

STATISTICS_PORT = 8404
SQL_STATISTICS_PORT = 6032


@dataclass(frozen=True)
class Server:
    """One server of a backend, as one proxy sees it. `address` is dotted, `status` HAProxy's own word."""

    proxy: str
    backend: str
    name: str
    address: str
    status: str
    backup: bool

    @property
    def up(self) -> bool:
        """Whether it gets connections."""
        return self.status.startswith("UP")


class Statistics:
    """The statistics page of one proxy, over one connection. Raises OSError and BadAnswerError."""

    def __init__(self, host: Host, port: int = STATISTICS_PORT) -> None:
        self._host = host
        self._pages = Pages(host.address, port, CONNECT_SECONDS)

    def servers(self, backend: str) -> list[Server]:
        """All servers of a backend."""
        page = self._pages.ask(f"/;csv;norefresh;scope={backend}")
        if page.status != OK:
            raise OSError(f"the statistics of {self._host} answer {page.status} {page.reason}")
        return self._parsed(backend, page.text)

    def _parsed(self, backend: str, text: str) -> list[Server]:
        with reading(f"the statistics of {self._host}"):
            head, *lines = text.removeprefix("# ").splitlines()
            columns = _columns(head)
            # This runs twenty times a second: only the columns that are needed are read.
            rows = csv.reader(line for line in lines if line.startswith(f"{backend},"))
            return [
                _server(self._host.name, backend, name, address.rpartition(":")[0], status, backup == "1")
                for name, address, status, backup in map(columns, rows)
                if name not in ("FRONTEND", "BACKEND")
            ]

    def close(self) -> None:
        """Close the connection."""
        self._pages.close()


_server = cache(Server)
"""Almost every answer is the same as the one before."""


@cache
def _columns(head: str) -> "itemgetter[Any]":
    return itemgetter(*map(head.split(",").index, ("svname", "addr", "status", "bck")))


def servers(host: Host, backend: str, port: int = STATISTICS_PORT) -> list[Server]:
    """A backend's servers, asked once over a connection of its own. Raises OSError, BadAnswerError."""
    statistics = Statistics(host, port)
    try:
        return statistics.servers(backend)
    finally:
        statistics.close()


def probe(host: Host, port: int = STATISTICS_PORT) -> Probe:
    """Whether a proxy answers, over a connection that is kept."""
    statistics = Statistics(host, port)

    def ask() -> Member:
        try:
            statistics.servers("none")  # a backend that is not there: the answer is short
        except (OSError, BadAnswerError):
            return SILENT
        return Member("proxy")

    return ask


def watch_all(host: Host, backend: str) -> Callable[[Timeline, threading.Event], None]:
    """Events of one proxy that uses all servers of a backend: which one goes out or in. The first out ends `route`."""

    def run(timeline: Timeline, stop: threading.Event) -> None:
        statistics = Statistics(host)
        last: dict[str, str] = {}
        while not stop.wait(POLL):
            try:
                seen = {server.name: server.status for server in statistics.servers(backend)}
            except (OSError, BadAnswerError):
                continue
            for name, status in seen.items():
                if last and last.get(name) != status:
                    timeline.add(host.name, f"{backend}: {name} {status}", "route" if status.startswith("DOWN") else "")
            last = seen
        statistics.close()

    return run


def why_not_leading_to(proxies: Sequence[Host], backend: str, leader: Host) -> str | None:
    """Which proxy does not lead to one host and no other; None where all do. Raises OSError.

    A backend with one server that changes its address is compared by the address, others by their servers' names.
    """
    for proxy in proxies:
        for server in servers(proxy, backend):
            if server.up != (leader.name == server.name or leader.address == server.address):
                return f"{proxy} {'leads to' if server.up else 'does not lead to'} {server.name} {server.address}"
    return None


def why_not_all_used(proxies: Sequence[Host], backend: str, port: int = STATISTICS_PORT) -> str | None:
    """Which proxy does not use every server of a backend; None where all do. Raises OSError."""
    for proxy in proxies:
        if away := [server.name for server in servers(proxy, backend, port) if not server.up]:
            return f"{proxy} does not use {', '.join(away)}"
    return None


def chosen(seen: list[Server]) -> str:
    """The one server that new connections go to: address of the first that is up, backups last. Empty: none."""
    up = sorted((server for server in seen if server.up), key=lambda server: server.backup)
    return up[0].address if up else ""


def watch(host: Host, backend: str, port: int = STATISTICS_PORT) -> Callable[[Timeline, threading.Event], None]:
    """Events of one proxy: which server it leads to. A change to another server ends the phase `route`."""

    def run(timeline: Timeline, stop: threading.Event) -> None:
        statistics, last = Statistics(host, port), None
        while not stop.wait(POLL):
            try:
                seen = statistics.servers(backend)
            except (OSError, BadAnswerError):
                continue
            now = chosen(seen)
            if now != last:
                if last is not None:
                    phase = "route" if now else ""
                    timeline.add(host.name, f"{backend} leads to {now or 'nobody'}", phase)
                last = now
        statistics.close()

    return run
