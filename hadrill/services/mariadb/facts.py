"""What Galera's nodes and the SQL proxies say when they are asked why clients are not served."""

import json
from collections.abc import Iterator
from functools import cached_property, partial

from hadrill.diagnosis import LOG_LINES, STATISTICS, Order, Reply, View, reached
from hadrill.inventory import Host
from hadrill.services.asking import failures, first_line
from hadrill.services.mariadb.service import PORT, Mariadb
from hadrill.services.placing import placed_in
from hadrill.services.proxysql import administration as proxysql

GALERA_PORT = 4567
"""Ports of state transfers are open only while one is under way, so they are not among these."""
TABLES = "tables"
"""The name under which a ProxySQL is asked for what it knows."""
REFUSALS = (
    "SELECT hostname, connect_error FROM monitor.mysql_server_connect_log AS log WHERE time_start_us ="
    " (SELECT MAX(time_start_us) FROM monitor.mysql_server_connect_log WHERE hostname = log.hostname)"
    " AND connect_error IS NOT NULL"
)
"""The error of the monitor's last login, of each node where it failed."""


def orders(service: Mariadb, since_seconds: int) -> dict[Host, Order]:
    """What to ask each node and each proxy. The root password never leaves its container."""
    show = "SHOW GLOBAL STATUS LIKE 'wsrep\\_%'; SHOW GLOBAL VARIABLES LIKE 'wsrep\\_desync'"
    client = "MYSQL_PWD=$MARIADB_ROOT_PASSWORD mariadb --connect-timeout=2 -uroot -N -B"
    by_host, mariadb = {}, placed_in(service.inventory, "mariadb", "mariadb")
    for host in service.members:
        questions = reached("galera", service.members, service.inventory.port(GALERA_PORT)) | reached(
            "mariadb", service.members, service.inventory.port(PORT)
        )
        commands = {
            "wsrep": f'echo "{show}" | {{ {mariadb.execute(client)}; }}',
            "log": mariadb.logs(since_seconds, LOG_LINES),
        }
        by_host[host] = Order(questions, commands)
    for proxy in service.proxies:
        if service.proxy_kind == "proxysql":
            by_host[proxy] = Order(from_here={TABLES: partial(tables, service, proxy)})
        else:
            by_host[proxy] = Order({STATISTICS: service.front.question(proxy, service.backend)})
    return by_host


def tables(service: Mariadb, proxy: Host) -> Reply:
    """What a ProxySQL knows of nodes, as JSON; nothing of it is secret."""
    questions = {
        "groups": proxysql.GROUPS,
        "servers": proxysql.SERVERS,
        "monitor": proxysql.MONITOR,
        "age": proxysql.AGE,
        "refusals": REFUSALS,
    }
    try:
        with proxysql.Administration(service.inventory, proxy) as administration:
            return Reply(json.dumps({name: administration.rows(asked) for name, asked in questions.items()}))
    except failures() as error:
        return Reply(error=first_line(error))


class MariadbFacts(View[Mariadb]):
    """The facts of a diagnosis, read by their meaning."""

    @cached_property
    def wsrep(self) -> dict[str, dict[str, str]]:
        """Status variables of each node that answers itself."""
        status = {}
        for host in self.hosts:
            rows = [line.split("\t", 1) for line in self.answer(host, "wsrep").text.splitlines()]
            values = {row[0]: row[1] for row in rows if len(row) > 1}
            if "wsrep_cluster_status" in values:
                status[host] = values
        return status

    @cached_property
    def tables(self) -> dict[str, dict[str, list[tuple[str, ...]]]]:
        """What each ProxySQL knows; those that did not answer are left out."""
        tables = {}
        for proxy in self.proxies:
            if answer := self.answer(proxy, TABLES).text:
                tables[proxy] = {name: [tuple(row) for row in rows] for name, rows in json.loads(answer).items()}
        return tables

    @property
    def routings(self) -> Iterator[tuple[str, proxysql.Routing]]:
        """Where each ProxySQL leads, of those that follow Galera."""
        for proxy, told in self.tables.items():
            if told["groups"]:
                yield proxy, proxysql.routed(told["groups"], told["servers"])

    def servers(self) -> dict[str, dict[str, dict[str, str]]]:
        """HAProxy's servers, or ProxySQL's in the same form: by proxy and node, `UP` where it is used."""
        if self.service.proxy_kind != "proxysql":
            return super().servers()
        servers = {}
        for proxy, routing in self.routings:
            servers[proxy] = {
                host.name: {
                    "status": "UP" if routing.uses(proxysql.names_of(host)) else "DOWN",
                    "check_desc": routing.state(proxysql.names_of(host)),
                }
                for host in self.service.members
            }
        return servers
