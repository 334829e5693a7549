"""The SQL proxies as targets of drills."""

from typing import ClassVar

from hadrill.inventory import Role
from hadrill.services.haproxy.cluster import ProxyCluster
from hadrill.services.haproxy.statistics import SQL_STATISTICS_PORT
from hadrill.services.mariadb.cluster import MariadbCluster


class SqlProxyCluster(ProxyCluster):
    """The SQL proxies, with Galera behind them."""

    service = "proxysql"
    containers: ClassVar[dict[str, str]] = {"": "sql-proxy"}
    role_of_hosts = Role.PROXYSQL
    statistics_port = SQL_STATISTICS_PORT
    peer_port = SQL_STATISTICS_PORT
    behind = (MariadbCluster,)
