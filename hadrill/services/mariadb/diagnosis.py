"""Causes for which Galera does not serve, each with its remedy."""

from hadrill.diagnosis import SINGLE_PROXY, Examination, Rule
from hadrill.services.mariadb import signs
from hadrill.services.mariadb.facts import GALERA_PORT, MariadbFacts, orders
from hadrill.services.mariadb.service import PORT

RULES: tuple[Rule[MariadbFacts], ...] = (
    Rule(
        "galera-without-uuid",
        "the cluster has no identity, so no node can ever join it: all crashed and started without their position",
        "wsrep_cluster_state_uuid is all zeros on a primary node",
        "stop all nodes; `fab mariadb` begins from the newest data; start nodes with --wsrep_start_position",
        signs.no_identity,
    ),
    Rule(
        "galera-split",
        "two clusters of the same name",
        "primary nodes with different wsrep_cluster_state_uuid",
        "decide which one is right; stop the other's nodes, remove their grastate.dat, start them again: they copy",
        signs.split,
    ),
    Rule(
        "port-filtered",
        "a node's port answers on its own host and not to the others",
        "refused or no answer from another node, an answer on the host itself",
        "open 3306, 4567, 4568 and 4444 between all nodes (UFW)",
        lambda view: view.filtered({"galera": GALERA_PORT, "mariadb": PORT}),
    ),
    Rule(
        "galera-non-primary",
        "nodes refuse queries: the primary component is lost",
        "wsrep_cluster_status is not Primary",
        "bring all nodes back; if one is gone for good: SET GLOBAL wsrep_provider_options='pc.bootstrap=YES' on one",
        signs.non_primary,
    ),
    Rule(
        "state-transfer-failed",
        "a node cannot join: the copy of the data from its donor fails",
        "errors of the state transfer in the logs of joiner or donor",
        "the donor's line says why: the user sst and its password, disk space, or ports 4444 and 4568",
        signs.transfer,
    ),
    Rule(
        "proxysql-refuses",
        "ProxySQL does not let the suite administer it, so nobody can say where it leads",
        "`Access denied` on port 6032",
        "`fab sql-proxy`: administrators need a name that is not in mysql_users, and the inventory's password",
        signs.refused_administrator,
    ),
    Rule(
        "proxysql-monitor-refused",
        "nodes refuse the user by which ProxySQL watches them; it shows only when its open connections end",
        "`Access denied` in monitor.mysql_server_connect_log",
        "`fab mariadb`, then `fab sql-proxy`: mysql-monitor_username and _password must be a user of the nodes",
        signs.refused_monitor,
    ),
    Rule(
        "proxysql-unwatched",
        "ProxySQL does not watch its nodes: it leads to those that are gone, or writes to several at once",
        "mysql-monitor_enabled, and the age of the last row of monitor.mysql_server_galera_log",
        "start it without -M; SET mysql-monitor_enabled='true'; LOAD MYSQL VARIABLES TO RUNTIME; `fab sql-proxy`",
        signs.unwatched,
    ),
    Rule(
        "proxy-check",
        "a proxy leads clients to a node that is not synced, or keeps them from one that is",
        "the proxy's state of a server differs from the node's wsrep_local_state_comment",
        "the proxy must ask for Galera's state 4; `fab sql-proxy` restores the check",
        signs.proxy_check,
    ),
    Rule(
        "node-desynced",
        "a node was told to fall behind, so it serves nobody",
        "wsrep_desync is ON",
        "SET GLOBAL wsrep_desync = OFF",
        signs.desynced,
    ),
    Rule(
        "node-not-synced",
        "a node joins, or gives its data to another one",
        "wsrep_local_state_comment is not Synced",
        "wait until it is done; its log says with whom",
        signs.not_synced,
    ),
    Rule(
        "flow-control",
        "one slow node holds back every write",
        "wsrep_flow_control_paused over 0.1",
        "find the node with the long wsrep_local_recv_queue: its disk, its processor, or wsrep_slave_threads",
        signs.paused,
    ),
    Rule(
        "mariadb-stopped",
        "a node does not run",
        "nothing listens on 3306, asked on the host",
        "<start mariadb>; its log says why it ended",
        signs.stopped,
    ),
    SINGLE_PROXY,
)
"""The most telling ones first."""

EXAMINATION = Examination("mariadb", orders, MariadbFacts, RULES)
