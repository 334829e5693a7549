"""The record of Echo."""

from hadrill.services.service import PEERS, RUNNER, Component, Install, MemberRole, Port, Role, Service

SERVICE = Service(
    name="echo",
    title="Echo",
    order=200,
    roles=(Role("echo", ports=(Port(7007, "Echo", (PEERS, RUNNER)),), size=2),),
    components=(
        Component("echo", "Echo", image="echo", configuration="echo/server.py", processes={"server": "echo/server.py"}),
    ),
    member_roles=(MemberRole("member", 7007),),
    fixture="echo",
    client="hadrill_echo.client:Echo",
    cluster="hadrill_echo.cluster:EchoCluster",
    checks="hadrill_echo.checks:ALL",
    examination="hadrill_echo.diagnosis:EXAMINATION",
    install=Install("echo", "two members that say what they hear.", "hadrill_echo.install:install"),
    suite="hadrill_echo.suite",
)
