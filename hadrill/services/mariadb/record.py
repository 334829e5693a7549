"""The record of MariaDB with Galera."""

from hadrill.services.service import (
    EVEN,
    PEERS,
    RUNNER,
    Component,
    Front,
    Install,
    MemberRole,
    PodClient,
    Port,
    Role,
    Service,
)

SERVICE = Service(
    name="mariadb",
    title="MariaDB",
    order=50,
    roles=(
        Role(
            "mariadb",
            ports=(
                Port(3306, "MariaDB", (PEERS, "proxysql", RUNNER)),
                Port(4567, "Galera", (PEERS,)),
                Port(4568, "Galera IST", (PEERS,), transient=True),
                Port(4444, "Galera SST", (PEERS,), transient=True),
            ),
            wasteful=EVEN,
            partner="proxysql",
            credentials=("MARIADB_ROOT_PASSWORD", "SST_PASSWORD", "HADRILL_PASSWORD"),
        ),
    ),
    components=(
        Component(
            "mariadb",
            "MariaDB",
            image="mariadb",
            configuration="mariadb/galera.cnf",
            data="mariadb",
            processes={"mariadbd": "mariadbd"},
        ),
    ),
    member_roles=(MemberRole("writer", 3306, leads=True), MemberRole("node", 3306)),
    # The SQL proxies' own record says what listens there.
    fronts=(Front("proxysql", (), drilled=True),),
    fixture="mariadb",
    client="hadrill.services.mariadb.service:Mariadb",
    cluster="hadrill.services.mariadb.cluster:MariadbCluster",
    checks="hadrill.services.mariadb.checks:ALL",
    examination="hadrill.services.mariadb.diagnosis:EXAMINATION",
    versions="hadrill.services.mariadb.versions:running",
    install=Install(
        "mariadb",
        "MariaDB Galera.",
        "hadrill.install.mariadb:install",
        # Clients come through the SQL proxies, which are the next module.
        proof="hadrill.services.mariadb.checks:OF_NODES",
    ),
    pod_client=PodClient("hadrill.services.mariadb.on_pod", "hadrill.services.mariadb.service:pod_login"),
    adoption="hadrill.services.mariadb.adoption:ADOPTION",
    driver_errors=("pymysql:Error",),
    denied="hadrill.services.mariadb.service:denied",
)
