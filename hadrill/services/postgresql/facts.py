"""What Patroni, PostgreSQL and the proxies say when they are asked why there is no failover."""

from functools import cached_property
from typing import Any

from hadrill.diagnosis import STATISTICS, Order, View, journal, page, reached, statistics
from hadrill.inventory import Host
from hadrill.services.haproxy import STATISTICS_PORT
from hadrill.services.postgresql.service import PORT, REST_PORT, Postgresql

RAFT_PORT = 5010
PORTS = {"patroni": REST_PORT, "raft": RAFT_PORT, "postgres": PORT}
DATA = "/var/lib/hadrill/postgresql/data"
BACKEND = "be_postgresql"
USER_LIST = "/etc/hadrill/pgbouncer/userlist.txt"
LOGIN = (
    f"export PGPASSWORD=$(cut -d'\"' -f4 {USER_LIST}) PGCONNECT_TIMEOUT=2; timeout 2"
    " docker exec -e PGPASSWORD -e PGCONNECT_TIMEOUT pgbouncer"
    " psql -h 127.0.0.1 -p 6432 -U pgbouncer -Atc 'SELECT 1' postgres"
)
"""PgBouncer logs in to the server with what it knows. The password is read where it lies, and shown nowhere."""


def orders(service: Postgresql, since_seconds: int) -> dict[Host, Order]:
    """What to ask each member and each proxy. Patroni's reading interface needs no password."""
    found = {}
    for host in service.members:
        questions = {
            "cluster": page(host.address, REST_PORT, "/cluster"),
            "config": page(host.address, REST_PORT, "/config"),
            "patroni": page(host.address, REST_PORT, "/patroni"),
        }
        for name, port in PORTS.items():
            questions |= reached(name, service.members, port)
        commands = {
            "log": journal("patroni", since_seconds),
            # A thread that died did so long before anybody asked.
            "raft": "journalctl --no-pager -o short-iso-precise -b -t patroni | grep -F '(_autoTickThread)'; :",
            "data": f"stat -c '%a %U' {DATA}",
        }
        found[host] = Order(questions, commands)
    for proxy in service.proxies:
        asked = {f"primary@{peer.name}": page(peer.address, REST_PORT, "/primary") for peer in service.members}
        asked[STATISTICS] = statistics(proxy.address, STATISTICS_PORT, BACKEND)
        found[proxy] = Order(asked, {"pgbouncer": LOGIN})
    return found


class PostgresqlFacts(View[Postgresql]):
    """The facts by what they mean."""

    @cached_property
    def states(self) -> dict[str, dict[str, Any]]:
        """/patroni of each member that answers itself."""
        found = {host: self.page(host, "patroni") for host in self.hosts}
        return {host: state for host, state in found.items() if state}

    @cached_property
    def members(self) -> dict[str, list[dict[str, Any]]]:
        """/cluster as each member sees it."""
        return {host: (self.page(host, "cluster") or {}).get("members", []) for host in self.states}

    @cached_property
    def config(self) -> dict[str, Any]:
        """The dynamic configuration, as the first member that answers has it."""
        return next((found for host in self.hosts if (found := self.page(host, "config"))), {})
