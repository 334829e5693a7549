"""What an owner did before a drill is as it was after it, whatever becomes of the drill."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from hadrill.drill import Case, Session
from hadrill.drill.aim import target_of
from hadrill.drill.case import fault_of
from hadrill.drill.fault_block import fault_block
from hadrill.inventory import Host, Inventory
from hadrill.remote import Output, Remote
from hadrill.safety import on_target
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.drilling import drill_of
from tests.selftest.lab.suite import until_healthy

WHOLE_SECONDS = 60.0
UNIT = "hadrill-redis.service"
RESTARTED_SECONDS = 3
"""Its unit starts it again after one."""
TIMED_OUT = 124
SHAPED = "tc qdisc show dev eth0 root"


@pytest.fixture
def redis(lab_inventory: Inventory, ssh: Remote) -> Iterator[Cluster]:
    """A whole Redis, and whole again afterwards."""
    cluster = cluster_of(lab_inventory, ssh, "redis")
    eventually("Redis to be whole", cluster.why_not_healthy, Deadline(WHOLE_SECONDS))
    yield cluster
    until_healthy(lab_inventory)


@pytest.fixture
def replica(redis: Cluster) -> Host:
    """One of its replicas."""
    return redis.target("replica")


@pytest.fixture
def owner(ssh: Remote, replica: Host) -> Iterator[Callable[[str, str], None]]:
    """What an owner does to the replica's host, and what he does when the test is over."""
    undo: list[str] = []

    def does(command: str, afterwards: str) -> None:
        undo.append(afterwards)
        ssh.run(replica, command)

    yield does
    for command in reversed(undo):
        ssh.run(replica, command)


@pytest.fixture
def attempted(ssh: Remote, redis: Cluster) -> Callable[[str, Host], Output]:
    """Inject and heal, as a drill does whose guard looked a moment too early. Returns the injection's output."""

    def attempt(name: str, host: Host) -> Output:
        drill = uuid.uuid4().hex[:12]
        fault = fault_of(name, target_of(ssh, redis, name, host, "replica", drill))
        on_target.arm(ssh, host, drill, name, fault.heal, WHOLE_SECONDS)
        try:
            return on_target.inject(ssh, host, drill, fault.inject)
        finally:
            on_target.disarm_and_heal(ssh, host, drill)

    return attempt


def test_an_owners_shaping_makes_a_slow_link_unavailable_and_stays(
    session: Session,
    redis: Cluster,
    replica: Host,
    ssh: Remote,
    owner: Callable[[str, str], None],
    attempted: Callable[[str, Host], Output],
) -> None:
    owner("tc qdisc add dev eth0 root tbf rate 50mbit burst 256kbit latency 400ms", "tc qdisc del dev eth0 root")
    before = ssh.run(replica, SHAPED).stdout
    result = drill_of(session, redis, Case("redis", "slow-link", host=replica.name)).run()
    assert result.verdict == "unavailable", result.cause
    assert "its device eth0 is shaped already: qdisc tbf" in result.cause
    assert ssh.run(replica, SHAPED).stdout == before
    assert attempted("slow-link", replica).status != 0
    assert ssh.run(replica, SHAPED).stdout == before


def test_a_slow_link_is_an_own_qdisc_and_goes_with_its_handle(
    session: Session, redis: Cluster, replica: Host, ssh: Remote
) -> None:
    before = ssh.run(replica, SHAPED).stdout
    with fault_block(session, redis, "slow-link", replica):
        assert "qdisc tbf fa11: root" in ssh.run(replica, SHAPED).stdout
    assert ssh.run(replica, SHAPED).stdout == before


def test_an_owners_drop_in_stays_where_it_is_and_does_not_start_what_was_killed(
    session: Session, redis: Cluster, replica: Host, ssh: Remote, owner: Callable[[str, str], None]
) -> None:
    folder = f"/run/systemd/system/{UNIT}.d"
    owner(
        f"mkdir -p {folder}; printf '[Service]\\nRestart=always\\n' > {folder}/override.conf; systemctl daemon-reload",
        f"rm -r {folder}; systemctl daemon-reload",
    )
    with fault_block(session, redis, "container-kill", replica):
        back = f"timeout {RESTARTED_SECONDS} sh -c 'until systemctl is-active --quiet {UNIT}; do sleep 0.1; done'"
        assert ssh.attempt(replica, back).status == TIMED_OUT
    assert ssh.run(replica, f"ls {folder}").stdout == "override.conf\n"
    assert ssh.run(replica, f"systemctl show --property=Restart --value {UNIT}").stdout == "always\n"


@pytest.mark.parametrize("name", ["container-stop", "container-kill", "container-pause", "process-kill"])
def test_what_its_owner_stopped_stays_stopped(
    name: str,
    replica: Host,
    ssh: Remote,
    owner: Callable[[str, str], None],
    attempted: Callable[[str, Host], Output],
) -> None:
    owner(f"systemctl stop {UNIT}", f"systemctl start {UNIT}")
    assert attempted(name, replica).status != 0
    assert ssh.attempt(replica, f"systemctl is-active {UNIT}").stdout == "inactive\n"


def test_what_its_owner_paused_stays_paused(
    replica: Host, ssh: Remote, owner: Callable[[str, str], None], attempted: Callable[[str, Host], Output]
) -> None:
    owner("docker pause redis", "docker unpause redis")
    for name in ("container-pause", "container-kill", "container-stop"):
        answer = attempted(name, replica)
        assert "its container redis does not run: paused" in answer.stdout
        assert ssh.run(replica, "docker inspect --format '{{.State.Status}}' redis").stdout == "paused\n"


def test_a_process_that_its_owner_stopped_stays_so(
    replica: Host, ssh: Remote, owner: Callable[[str, str], None], attempted: Callable[[str, Host], Output]
) -> None:
    owner("kill -STOP $(pgrep -f '[r]edis-server')", "kill -CONT $(pgrep -f '[r]edis-server')")
    answer = attempted("process-stop", replica)
    assert "is stopped already, by somebody else" in answer.stdout
    assert ssh.run(replica, "ps -o stat= -p $(pgrep -f '[r]edis-server')").stdout.startswith("T")


def test_rules_of_an_owner_with_a_like_name_are_no_traces_of_a_drill(
    replica: Host, ssh: Remote, owner: Callable[[str, str], None]
) -> None:
    owner("nft add table inet hadrill_rules", "nft delete table inet hadrill_rules")
    assert on_target.left_on(ssh, replica) == []
