"""The SQL proxies as targets of drills."""

from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.cluster import Traits
from hadrill.services.haproxy.cluster import EXEMPT, WHY_NO_SWITCHOVER, ProxyCluster
from hadrill.services.haproxy.statistics import SQL_STATISTICS_PORT
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.mariadb.sql_proxies import sql_proxies
from hadrill.services.member import Probe


class SqlProxyCluster(ProxyCluster):
    """The SQL proxies, with Galera behind them."""

    service = "proxysql"
    traits = Traits(peer_port=SQL_STATISTICS_PORT, exempt=EXEMPT, why_no_switchover=WHY_NO_SWITCHOVER)

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.sql_proxies = sql_proxies(Mariadb(self.inner[0].inventory if self.inner else self.inventory))

    def probe(self, host: Host) -> Probe:
        """As its kind is asked."""
        return self.sql_proxies.probe(host)
