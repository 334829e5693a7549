"""The SQL proxies as targets of drills."""

from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.cluster import Probe
from hadrill.services.haproxy.cluster import ProxyCluster
from hadrill.services.haproxy.statistics import SQL_STATISTICS_PORT
from hadrill.services.mariadb.cluster import MariadbCluster
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.mariadb.sql_proxies import sql_proxies


class SqlProxyCluster(ProxyCluster):
    """The SQL proxies, with Galera behind them."""

    service = "proxysql"
    role_of_hosts = "proxysql"
    statistics_port = SQL_STATISTICS_PORT
    peer_port = SQL_STATISTICS_PORT
    behind = (MariadbCluster,)

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.sql_proxies = sql_proxies(Mariadb(inventory))

    def probe(self, host: Host) -> Probe:
        """As its kind is asked."""
        return self.sql_proxies.probe(host)

    def component(self, role: str) -> str:
        """That of its kind."""
        return self.sql_proxies.container
