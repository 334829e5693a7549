"""The SQL proxies, asked as the kind that the inventory names: where they lead, what they watch, how fast they move."""

import threading
from collections.abc import Iterator
from typing import Protocol

import pymysql

from hadrill.inventory import Host
from hadrill.remote import Remote
from hadrill.services.asking import ANSWER_SECONDS, failures
from hadrill.services.errors import BadAnswerError, NoLeaderError, NoMemberError, named
from hadrill.services.haproxy.statistics import chosen
from hadrill.services.mariadb.service import PORT, Mariadb
from hadrill.services.member import SILENT, Member, Probe, Watch
from hadrill.services.placing import placed_in
from hadrill.services.proxies import checks_of
from hadrill.services.proxysql import administration as proxysql
from hadrill.timing import Part, Timeline

ASK_SECONDS = 1.0
LOOK_SECONDS = 0.2
"""Between two looks at ProxySQL's servers: each makes it build the table anew."""


class SqlProxies(Protocol):
    """What a cluster must know of its proxies, whichever kind they are."""

    reads_anywhere: bool
    """Whether clients' reads go to other nodes than the writer, so that the loss of any node affects them."""

    def writer(self, proxy: Host) -> Host:
        """The node that a proxy leads writes to. Raises one of asking.failures()."""

    def why_not_healthy(self) -> str | None:
        """Which proxy does not use every node; None where all do. Raises one of asking.failures()."""

    def watch(self, proxy: Host) -> Watch:
        """Events of one proxy: where it leads. A change to another node ends the phase `route`."""

    def probe(self, proxy: Host) -> Probe:
        """Whether a proxy answers, over a connection that is kept."""

    def down(self, remote: Remote, silent: bool) -> Part:
        """The time, from live settings, until a lost node gets no more connections. `silent`: it answers nothing."""


def sql_proxies(service: Mariadb) -> SqlProxies:
    """The proxies of the kind that settings.yaml names."""
    return Proxysql(service) if service.proxy_kind == "proxysql" else Haproxy(service)


class Haproxy:
    """HAProxy with a check that asks Galera; it shows its servers on a page over HTTP."""

    reads_anywhere = False

    def __init__(self, service: Mariadb) -> None:
        self._service = service

    def writer(self, proxy: Host) -> Host:
        """The first server that is up, backups last."""
        address = chosen(self._service.front.servers(proxy, self._service.backend))
        return named(self._service.members, address, f"HAProxy on {proxy}")

    def why_not_healthy(self) -> str | None:
        """Which proxy does not use every server."""
        return self._service.front.why_not_all_used(self._service.proxies, self._service.backend)

    def watch(self, proxy: Host) -> Watch:
        """Events from its statistics."""
        return self._service.front.watch(proxy, self._service.backend)

    def probe(self, proxy: Host) -> Probe:
        """Whether its statistics page answers."""
        return self._service.front.probe(proxy, PORT)

    def down(self, remote: Remote, silent: bool) -> Part:
        """The time of the health checks in its configuration."""
        proxy = self._service.proxies[0]
        haproxy = placed_in(self._service.inventory, "proxysql", "sql-proxy", proxy)
        return checks_of(haproxy, remote, proxy, self._service.backend).down(silent)


class Proxysql:
    """ProxySQL with Galera hostgroups; it shows its servers in tables, over MySQL's protocol."""

    # Readers are the nodes that do not write.
    reads_anywhere = True

    def __init__(self, service: Mariadb) -> None:
        self._service = service

    def writer(self, proxy: Host) -> Host:
        """The node that is ONLINE among the writers."""
        with self._administration(proxy) as administration:
            writers = proxysql.routing(administration).writers
        if not writers:
            raise NoLeaderError(f"{proxy}: no node is ONLINE among the writers")
        return self._member(writers[0])

    def why_not_healthy(self) -> str | None:
        """Which proxy does not watch nodes, does not use every node, or has more writers than it may."""
        for proxy in self._service.proxies:
            with self._administration(proxy) as administration:
                routing, monitor = proxysql.routing(administration), proxysql.monitor(administration)
            if reason := monitor.idle or next(self._faults(routing), ""):
                return f"{proxy}: {reason}"
        return None

    def watch(self, proxy: Host) -> Watch:
        """Events from runtime_mysql_servers."""

        def run(timeline: Timeline, stop: threading.Event) -> None:
            administration: proxysql.Administration | None = None
            last: str | None = None
            while not stop.wait(LOOK_SECONDS):
                try:
                    administration = administration or self._administration(proxy, ASK_SECONDS)
                    now = ", ".join(proxysql.routing(administration).writers)
                except failures():
                    if administration is not None:
                        administration.close()
                    administration = None
                    continue
                if now != last:
                    if last is not None:
                        timeline.add(proxy.name, f"ProxySQL leads writes to {now or 'nobody'}", "route" if now else "")
                    last = now
            if administration is not None:
                administration.close()

        return run

    def probe(self, proxy: Host) -> Probe:
        """Whether its administration port answers SELECT 1."""
        kept: list[proxysql.Administration] = []

        def ask() -> Member:
            try:
                if not kept:
                    kept.append(self._administration(proxy, ASK_SECONDS))
                kept[0].rows("SELECT 1")
            except (pymysql.Error, OSError):
                while kept:
                    kept.pop().close()
                return SILENT
            return Member("proxy")

        return ask

    def down(self, remote: Remote, silent: bool) -> Part:
        """The time of the slowest proxy by its monitor's variables: each watches for itself."""
        slowest: Part | None = None
        untold = []
        for proxy in self._service.proxies:
            try:
                with self._administration(proxy) as administration:
                    monitor = proxysql.monitor(administration)
            except failures() as error:
                untold.append(f"{proxy}: {error}")
                continue
            if monitor.idle:
                raise BadAnswerError(f"{proxy} never takes a node out: {monitor.idle}")
            checks = f"galera_healthcheck interval {monitor.interval:g} timeout {monitor.timeout:g}"
            counted = f"{checks}, {monitor.timeouts} unanswered" if silent else checks
            part = Part("proxy down", monitor.down(silent), f"{counted}, live, {proxy}")
            if slowest is None or part.seconds > slowest.seconds:
                slowest = part
        if slowest is None:
            raise NoMemberError("no ProxySQL tells how it watches: " + "; ".join(untold))
        return slowest

    def _administration(self, proxy: Host, seconds: float = ANSWER_SECONDS) -> proxysql.Administration:
        return proxysql.Administration(self._service.inventory, proxy, seconds)

    def _member(self, name: str) -> Host:
        for host in self._service.members:
            if name in proxysql.names_of(host):
                return host
        raise BadAnswerError(f"ProxySQL leads to {name}, which is no node of the inventory")

    def _faults(self, routing: proxysql.Routing) -> Iterator[str]:
        for host in self._service.members:
            if not routing.uses(proxysql.names_of(host)):
                yield f"does not use {host}: {routing.state(proxysql.names_of(host))}"
        if not routing.writers:
            yield "no node is ONLINE among the writers"
        if len(routing.writers) > routing.groups.max_writers:
            yield f"leads writes to {', '.join(routing.writers)} at once: max_writers is {routing.groups.max_writers}"
