"""The record of the proxies: HAProxy and PgBouncer."""

from hadrill.services.service import RUNNER, Component, MemberRole, Port, Role, Service

SERVICE = Service(
    name="haproxy",
    title="HAProxy",
    order=60,
    # Clients' ports are the services' own matter: see `fronts` in their records.
    roles=(Role("haproxy", ports=(Port(8404, "HAProxy statistics", (RUNNER,)),), binds=True),),
    components=(
        Component("haproxy", "HAProxy", image="haproxy", configuration="haproxy/haproxy.cfg"),
        Component("pgbouncer", "PgBouncer", image="pgbouncer", configuration="pgbouncer/pgbouncer.ini"),
    ),
    # Its port is that of the first service behind.
    member_roles=(MemberRole("proxy", 5432, faults=("container-kill", "container-stop", "power-off")),),
    cluster="hadrill.services.haproxy.cluster:HaproxyCluster",
    versions="hadrill.services.haproxy.versions:running",
    adoption="hadrill.services.haproxy.adoption:ADOPTION",
)
