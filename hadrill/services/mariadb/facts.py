"""What Galera's nodes and the SQL proxies say when they are asked why clients are not served."""

from functools import cached_property

from hadrill.diagnosis import STATISTICS, Order, View, journal, reached, statistics
from hadrill.inventory import Host
from hadrill.services.haproxy.statistics import SQL_STATISTICS_PORT
from hadrill.services.mariadb.service import PORT, Mariadb

GALERA_PORT = 4567
"""Those of state transfers are open only while one is under way, so they are not asked for."""
BACKEND = "be_mariadb"


def orders(service: Mariadb, since_seconds: int) -> dict[Host, Order]:
    """What to ask each node and each proxy. The root password never leaves its container."""
    show = "SHOW GLOBAL STATUS LIKE 'wsrep\\_%'; SHOW GLOBAL VARIABLES LIKE 'wsrep\\_desync'"
    client = "MYSQL_PWD=$MARIADB_ROOT_PASSWORD mariadb --connect-timeout=2 -uroot -N -B"
    found = {}
    for host in service.members:
        questions = reached("galera", service.members, GALERA_PORT) | reached("mariadb", service.members, PORT)
        commands = {
            "wsrep": f"echo \"{show}\" | docker exec -i mariadb sh -c '{client}'",
            "log": journal("mariadb", since_seconds),
        }
        found[host] = Order(questions, commands)
    for proxy in service.proxies:
        found[proxy] = Order({STATISTICS: statistics(proxy.address, SQL_STATISTICS_PORT, BACKEND)})
    return found


class MariadbFacts(View[Mariadb]):
    """The facts by what they mean."""

    @cached_property
    def wsrep(self) -> dict[str, dict[str, str]]:
        """Status variables of each node that answers itself."""
        found = {}
        for host in self.hosts:
            rows = [line.split("\t", 1) for line in self.answer(host, "wsrep").said.splitlines()]
            values = {row[0]: row[1] for row in rows if len(row) > 1}
            if "wsrep_cluster_status" in values:
                found[host] = values
        return found
