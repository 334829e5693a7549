"""The record of PostgreSQL."""

from hadrill.services.service import (
    BALANCERS,
    EVEN,
    INSIDE,
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
    name="postgresql",
    title="PostgreSQL",
    order=10,
    roles=(
        Role(
            "postgresql",
            ports=(
                Port(5432, "PostgreSQL", (PEERS, "haproxy", RUNNER)),
                Port(8008, "Patroni REST", (PEERS, "haproxy", RUNNER)),
                Port(5010, "Patroni Raft", (PEERS,)),
            ),
            wasteful=EVEN,
            partner="haproxy",
            credentials=(
                "POSTGRES_PASSWORD",
                "REPLICATION_PASSWORD",
                "PATRONI_PASSWORD",
                "PGBOUNCER_PASSWORD",
                "HADRILL_PASSWORD",
            ),
        ),
    ),
    components=(
        Component(
            "patroni",
            "Patroni",
            image="patroni",
            configuration="patroni/patroni.yml",
            data="postgresql",
            processes={"patroni": "bin/patroni /etc/patroni"},
        ),
        Component(
            "postgres",
            "PostgreSQL",
            placement=INSIDE,
            inside="patroni",
            data="postgresql/data",
            processes={"postgres": "postgres -D"},
        ),
    ),
    member_roles=(MemberRole("leader", 5432, leads=True), MemberRole("replica", 5432)),
    fronts=(
        Front(
            "haproxy",
            (
                Port(5432, "PostgreSQL primary", (BALANCERS, RUNNER)),
                Port(6432, "PgBouncer", (BALANCERS, RUNNER)),
            ),
            section="hadrill.install.postgresql:section",
            beside="hadrill.install.postgresql:beside",
            drilled=True,
        ),
    ),
    fixture="postgresql",
    settings="hadrill.services.postgresql.settings:PostgresqlSettings",
    client="hadrill.services.postgresql.service:Postgresql",
    cluster="hadrill.services.postgresql.cluster:PostgresqlCluster",
    checks="hadrill.services.postgresql.checks:ALL",
    examination="hadrill.services.postgresql.diagnosis:EXAMINATION",
    versions="hadrill.services.postgresql.versions:running",
    install=Install(
        "postgresql",
        "PostgreSQL with Patroni and pgvector, HAProxy, PgBouncer.",
        "hadrill.install.postgresql:install",
    ),
    pod_client=PodClient("hadrill.services.postgresql.on_pod", "hadrill.services.postgresql.service:pod_login"),
    adoption="hadrill.services.postgresql.adoption:ADOPTION",
    driver_errors=("psycopg:Error",),
    denied="hadrill.services.postgresql.service:denied",
)
