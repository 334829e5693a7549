"""HAProxy's own view of its servers, from its page over HTTP or from its control socket over SSH."""

import csv
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from hadrill.inventory import Host, Inventory
from hadrill.on_host import program
from hadrill.remote import RemoteError, follow_program, run_program
from hadrill.remote.from_here import opened, try_port
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS
from hadrill.services.errors import BadAnswerError, reading
from hadrill.services.http import OK, Pages
from hadrill.services.member import SILENT, Member, Probe
from hadrill.services.service import UNTOLD
from hadrill.timing import POLL, Timeline

if TYPE_CHECKING:
    from hadrill.diagnosis import Question

STATISTICS_PORT = 8404
SQL_STATISTICS_PORT = 6032
AGAIN_SECONDS = 0.2
"""Between two tries to watch a proxy that is away."""
PROGRAM = "proxy_servers"
SERVERS = 4
"""HAProxy's number for rows of servers, without those of the backend itself."""


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


class Statistics(Protocol):
    """What one proxy says. Everything raises OSError and BadAnswerError."""

    def servers(self, backend: str) -> list[Server]:
        """All servers of a backend."""

    def changes(self, backend: str, stop: threading.Event) -> Iterator[list[Server]]:
        """The same now, and each time that it has changed, seen within POLL."""

    def close(self) -> None:
        """Close what was opened to ask."""


class Page:
    """The statistics page of one proxy, over one connection."""

    def __init__(self, host: Host, port: int = STATISTICS_PORT, path: str = "/") -> None:
        self._host, self._path = host, path
        self._pages = Pages(host.address, port, CONNECT_SECONDS)

    def servers(self, backend: str) -> list[Server]:
        """All servers of a backend."""
        page = self._pages.ask(f"{self._path};csv;norefresh;scope={backend}")
        if page.status != OK:
            raise OSError(f"the statistics of {self._host} answer {page.status} {page.reason}")
        return self._parsed(backend, page.text)

    def changes(self, backend: str, stop: threading.Event) -> Iterator[list[Server]]:
        """By asking again and again."""
        last = None
        while not stop.wait(POLL):
            seen = self.servers(backend)
            if seen != last:
                yield seen
            last = seen

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


class Socket:
    """The control socket of one proxy, asked by a program on its host."""

    def __init__(self, host: Host, path: str) -> None:
        self._host, self._path = host, path

    def servers(self, backend: str) -> list[Server]:
        """All servers of a backend."""
        try:
            answer = run_program(opened(), self._host, program(PROGRAM), self._order(backend, 0.0), ANSWER_SECONDS)
        except RemoteError as error:
            raise OSError(str(error)) from error
        return self._parsed(backend, answer)

    def changes(self, backend: str, stop: threading.Event) -> Iterator[list[Server]]:
        """As the host itself sees them."""
        try:
            for answer in follow_program(opened(), self._host, program(PROGRAM), self._order(backend, POLL), stop):
                yield self._parsed(backend, answer)
        except RemoteError as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Nothing is kept open."""

    def _order(self, backend: str, every: float) -> dict[str, object]:
        return {"socket": self._path, "backend": backend, "every": every}

    def _parsed(self, backend: str, answer: Any) -> list[Server]:
        with reading(f"HAProxy of {self._host}"):
            error, rows = answer["error"], [_server(self._host.name, backend, *row) for row in answer["servers"]]
        if error:
            raise OSError(f"HAProxy of {self._host}: {error}")
        return rows


_server = cache(Server)
"""Almost every answer is the same as the one before."""


@cache
def _columns(head: str) -> "itemgetter[Any]":
    return itemgetter(*map(head.split(",").index, ("svname", "addr", "status", "bck")))


@dataclass(frozen=True)
class Proxies:
    """The HAProxy of a service's proxies, asked where the inventory says that it tells of its servers."""

    inventory: Inventory
    service: str = "haproxy"
    component: str = "haproxy"
    usual: int = STATISTICS_PORT

    def _told_at(self, host: Host) -> str:
        """A port with a path, the path of a socket, or UNTOLD."""
        parts = self.inventory.record(self.service, host).components
        return next((part.statistics for part in parts if part.name == self.component), "") or f"{self.usual}/"

    def _tell(self, host: Host) -> bool:
        return self._told_at(host) != UNTOLD

    def statistics(self, host: Host) -> Statistics:
        """What one of them says. Raises OSError where it tells nothing."""
        place = self._told_at(host)
        if place == UNTOLD:
            raise OSError(f"HAProxy of {host} tells nothing of its servers: it has neither a page nor a socket")
        if place.startswith("/"):
            return Socket(host, place)
        port, _, path = place.partition("/")
        return Page(host, int(port), f"/{path}")

    def servers(self, host: Host, backend: str) -> list[Server]:
        """A backend's servers, asked once over a connection of its own. Raises OSError, BadAnswerError."""
        with closing(self.statistics(host)) as statistics:
            return statistics.servers(backend)

    def question(self, host: Host, backend: str) -> "Question":
        """What a proxy's own host asks for a backend's servers."""
        # Loaded by a diagnosis: checks do not wait for it.
        from hadrill.diagnosis import Question, statistics

        place = self._told_at(host)
        if place.startswith("/"):
            return Question(place, 0, f"show stat {backend} {SERVERS} -1\n", "\n\n")
        port, _, path = (place if place != UNTOLD else f"{self.usual}/").partition("/")
        return statistics(host.address, int(port), backend, f"/{path}")

    def probe(self, host: Host, port: int) -> Probe:
        """Whether a proxy answers: its page over a connection that is kept; where it has none, a port of clients."""
        place = self._told_at(host)
        if place.startswith("/") or place == UNTOLD:
            return lambda: _takes(host, port)
        return probe(self.statistics(host))

    def watch(self, host: Host, backend: str) -> Callable[[Timeline, threading.Event], None]:
        """Events of one proxy: which server it leads to. A change to another server ends the phase `route`."""

        def tell(timeline: Timeline, before: list[Server] | None, now: list[Server]) -> None:
            to = chosen(now)
            if before is not None and to != chosen(before):
                timeline.add(host.name, f"{backend} leads to {to or 'nobody'}", "route" if to else "")

        return self._watch(host, backend, tell)

    def watch_all(self, host: Host, backend: str) -> Callable[[Timeline, threading.Event], None]:
        """Events of one proxy that uses all servers: which one goes out or in. The first out ends `route`."""

        def tell(timeline: Timeline, before: list[Server] | None, now: list[Server]) -> None:
            last = {server.name: server.status for server in before or ()}
            for server in now:
                if last and last.get(server.name) != server.status:
                    phase = "route" if server.status.startswith("DOWN") else ""
                    timeline.add(host.name, f"{backend}: {server.name} {server.status}", phase)

        return self._watch(host, backend, tell)

    def _watch(
        self, host: Host, backend: str, tell: Callable[[Timeline, list[Server] | None, list[Server]], None]
    ) -> Callable[[Timeline, threading.Event], None]:
        def run(timeline: Timeline, stop: threading.Event) -> None:
            last: list[Server] | None = None
            while self._tell(host) and not stop.is_set():
                # It may be away for a moment, as what is drilled is.
                with suppress(OSError, BadAnswerError), closing(self.statistics(host)) as statistics:
                    for now in statistics.changes(backend, stop):
                        tell(timeline, last, now)
                        last = now
                stop.wait(AGAIN_SECONDS)

        return run

    def why_not_leading_to(self, proxies: Sequence[Host], backend: str, leader: Host) -> str | None:
        """Which proxy does not lead to one host and no other; None where all do. Raises OSError.

        A backend with one server that changes its address is compared by the address, others by their servers' names.
        """
        names = {host.name for host in self.inventory.hosts}
        for proxy in filter(self._tell, proxies):
            for server in self.servers(proxy, backend):
                # A page without `show-legends`, and a name of somebody else's: nobody knows which host that is.
                if not server.address and server.name not in names:
                    continue
                if server.up != (leader.name == server.name or leader.address == server.address):
                    verb = "leads to" if server.up else "does not lead to"
                    return f"{proxy} {verb} {server.name} {server.address}"
        return None

    def why_not_all_used(self, proxies: Sequence[Host], backend: str) -> str | None:
        """Which proxy does not use every server of a backend; None where all do. Raises OSError."""
        for proxy in filter(self._tell, proxies):
            if away := [server.name for server in self.servers(proxy, backend) if not server.up]:
                return f"{proxy} does not use {', '.join(away)}"
        return None


def probe(statistics: Statistics) -> Probe:
    """Whether a proxy answers, over a connection that is kept."""

    def ask() -> Member:
        try:
            statistics.servers("none")  # a backend that is not there: the answer is short
        except (OSError, BadAnswerError):
            return SILENT
        return Member("proxy")

    return ask


def _takes(host: Host, port: int) -> Member:
    try:
        try_port(host.address, port, CONNECT_SECONDS)
    except OSError:
        return SILENT
    return Member("proxy")


def chosen(seen: list[Server]) -> str:
    """The one server that new connections go to: address of the first that is up, backups last. Empty: none."""
    up = sorted((server for server in seen if server.up), key=lambda server: server.backup)
    return up[0].address if up else ""
