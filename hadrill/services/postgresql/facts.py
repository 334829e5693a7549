"""What Patroni, PostgreSQL and the proxies say when they are asked why there is no failover."""

from functools import cached_property
from typing import Any

from hadrill.diagnosis import LOG_LINES, STATISTICS, Order, Question, View, page, reached
from hadrill.inventory import Host
from hadrill.services.placing import placed_in
from hadrill.services.postgresql.service import POOLED_PORT, PORT, REST_PORT, Postgresql, named_as

RAFT_PORT = 5010
PORTS = {"patroni": REST_PORT, "raft": RAFT_PORT, "postgres": PORT}


def pooled_login(proxy: Host) -> Question:
    """The beginning of a login: before PgBouncer asks for a password it looks the role up, with its own login."""
    protocol, parameters = "\0\3\0\0", "user\0postgres\0database\0postgres\0\0"
    length = "\0\0\0" + chr(4 + len(protocol) + len(parameters))
    return Question(proxy.address, POOLED_PORT, length + protocol + parameters, until="SCRAM-SHA-256\0\0")


def orders(service: Postgresql, since_seconds: int) -> dict[Host, Order]:
    """What to ask each member and each proxy. Patroni's reading interface needs no password."""
    by_host = {}
    patroni, postgres = (placed_in(service.inventory, "postgresql", name) for name in ("patroni", "postgres"))
    for host in service.members:
        questions = {
            "cluster": page(host.address, service.inventory.port(REST_PORT), "/cluster"),
            "config": page(host.address, service.inventory.port(REST_PORT), "/config"),
            "patroni": page(host.address, service.inventory.port(REST_PORT), "/patroni"),
        }
        for name, port in PORTS.items():
            questions |= reached(name, service.members, service.inventory.port(port))
        commands = {
            "log": patroni.logs(since_seconds, LOG_LINES),
            # A thread that died did so long before anybody asked.
            "raft": f"{patroni.logs(None, None)} | grep -F '(_autoTickThread)'; :",
            "data": f"stat -c '%a %U' {postgres.data}",
        }
        by_host[host] = Order(questions, commands)
    for proxy in service.proxies:
        asked = {
            f"primary@{peer.name}": page(peer.address, service.inventory.port(REST_PORT), "/primary")
            for peer in service.members
        }
        asked[STATISTICS] = service.front.question(proxy, service.backend)
        if service.has_pool:
            asked["pooler"] = pooled_login(proxy)
        by_host[proxy] = Order(asked)
    return by_host


class PostgresqlFacts(View[Postgresql]):
    """The facts of a diagnosis, read by their meaning."""

    @cached_property
    def states(self) -> dict[str, dict[str, Any]]:
        """/patroni of each member that answers itself."""
        pages = {host: self.page(host, "patroni") for host in self.hosts}
        return {host: state for host, state in pages.items() if state}

    @cached_property
    def members(self) -> dict[str, list[dict[str, Any]]]:
        """/cluster as each member sees it."""
        views = {host: (self.page(host, "cluster") or {}).get("members", []) for host in self.states}
        return {host: named_as(self.service.members, members) for host, members in views.items()}

    @cached_property
    def config(self) -> dict[str, Any]:
        """The dynamic configuration, as the first member that answers has it."""
        return next((config for host in self.hosts if (config := self.page(host, "config"))), {})
