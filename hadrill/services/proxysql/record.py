"""The record of the SQL proxies: ProxySQL, or HAProxy in its place (sql_proxy in settings.yaml)."""

from hadrill.services.service import BALANCERS, RUNNER, Component, Install, MemberRole, Port, Role, Service

SERVICE = Service(
    name="proxysql",
    title="SQL proxy",
    order=70,
    roles=(
        Role(
            "proxysql",
            ports=(
                Port(3306, "SQL proxy", (BALANCERS, RUNNER)),
                Port(6032, "SQL proxy administration", (RUNNER,)),
            ),
            binds=True,
            partner="mariadb",
            credentials=("ADMIN_PASSWORD", "MONITOR_PASSWORD"),
        ),
    ),
    components=(
        Component(
            "proxysql",
            "ProxySQL",
            image="proxysql",
            configuration="proxysql/proxysql.cnf",
            data="proxysql",
            when=("sql_proxy", "proxysql"),
        ),
        Component(
            "sql-proxy",
            "HAProxy",
            image="haproxy",
            configuration="haproxy/haproxy.cfg",
            when=("sql_proxy", "haproxy"),
        ),
    ),
    member_roles=(
        MemberRole(
            "proxy",
            3306,
            faults=("container-kill", "container-stop", "power-off"),
            components=("proxysql", "sql-proxy"),
        ),
    ),
    client="hadrill.services.mariadb.service:Mariadb",
    cluster="hadrill.services.proxysql.cluster:SqlProxyCluster",
    checks="hadrill.services.mariadb.checks:ALL",
    install=Install("sql_proxy", "ProxySQL, or HAProxy, in front of Galera.", "hadrill.install.sql_proxy:install"),
    adoption="hadrill.services.proxysql.adoption:ADOPTION",
)
