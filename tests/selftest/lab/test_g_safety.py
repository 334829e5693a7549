"""Safety promises, each tested by breaking it."""

import random
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from hadrill.drill import Case, Session
from hadrill.drill.errors import InconclusiveError
from hadrill.drill.fault_block import fault_block
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.safety.lease import LeaseHeldError
from hadrill.services.clusters import cluster_of
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.drilling import drill_of, traces
from tests.selftest.lab.suite import until_healthy

GONE_SECONDS = 15.0
TIMER_SECONDS = 60.0
RANDOM_FAULTS = 8


@pytest.fixture
def clean(lab_inventory: Inventory, ssh: Remote) -> Callable[[float], None]:
    """Wait until nothing of a drill is left."""

    def wait(seconds: float) -> None:
        def left() -> str | None:
            return "; ".join(traces(lab_inventory, ssh)) or None

        eventually("every trace to be gone", left, Deadline(seconds))

    return wait


def test_two_runs_cannot_break_the_same_cluster(
    session: Session, lab_inventory: Inventory, ssh: Remote, tmp_path: Path
) -> None:
    cluster = cluster_of(lab_inventory, ssh, "redis")
    stranger = Session(lab_inventory, ssh, tmp_path)
    try:
        with (
            fault_block(session, cluster, "cut-port", cluster.target("sentinel")),
            pytest.raises(LeaseHeldError, match=r"is leased \(exclusive\) by run=\w+ .* for another \d+ s"),
            fault_block(stranger, cluster, "cut-port", cluster.target("sentinel")),
        ):
            pytest.fail("both have it")
    finally:
        stranger.close()


def test_a_degraded_cluster_is_refused_with_the_arithmetic(
    session: Session, lab_inventory: Inventory, ssh: Remote
) -> None:
    cluster = cluster_of(lab_inventory, ssh, "minio")
    down = lab_inventory.host("minio-03")
    ssh.run(down, "systemctl stop hadrill-minio")
    try:
        result = drill_of(session, cluster, Case("minio", "container-stop", host="minio-02")).run()
    finally:
        ssh.run(down, "systemctl start hadrill-minio")
    assert result.verdict == "inconclusive"
    assert "3 members, 1 already down (minio-03), 1 would go (minio-02): 1 left, 2 needed" in result.cause
    until_healthy(lab_inventory)


def test_a_fault_without_effect_is_inconclusive(session: Session, lab_inventory: Inventory, ssh: Remote) -> None:
    cluster = cluster_of(lab_inventory, ssh, "redis")
    host = cluster.target("replica")
    # Rules that are there and stop nothing: whatever is to be dropped is let through.
    rules = "sed 's/ drop/ accept/' | /usr/sbin/nft -f -"
    blunt = f'#!/bin/sh\nif [ "$*" = \'-f -\' ]; then {rules}; else exec /usr/sbin/nft "$@"; fi\n'
    ssh.run(host, f"printf %s {shlex.quote(blunt)} > /usr/local/sbin/nft; chmod +x /usr/local/sbin/nft")
    try:
        result = drill_of(session, cluster, Case("redis", "isolate", host=host.name)).run()
    finally:
        ssh.run(host, "rm /usr/local/sbin/nft")
    assert result.verdict == "inconclusive", result.cause
    assert f"isolate cannot be shown on {host}" in result.cause


def test_a_fault_that_ends_by_itself_is_inconclusive(session: Session, lab_inventory: Inventory, ssh: Remote) -> None:
    cluster = cluster_of(lab_inventory, ssh, "redis")
    host = cluster.target("replica")
    ssh.run(host, "systemd-run --quiet --on-active=3s --timer-property=AccuracySec=50ms systemctl start hadrill-redis")
    drill = drill_of(session, cluster, Case("redis", "container-stop", host=host.name))
    result = drill.run()
    assert (result.verdict, "cannot be shown" in result.cause) == ("inconclusive", True), result.cause


def test_what_a_host_cannot_offer_is_unavailable_with_the_reason(
    session: Session, lab_inventory: Inventory, ssh: Remote
) -> None:
    cluster = cluster_of(lab_inventory, ssh, "redis")
    host = cluster.target("replica").name
    results = {
        name: drill_of(session, cluster, Case("redis", name, host=host)).run() for name in ("engine-stop", "disk-full")
    }
    assert {result.verdict for result in results.values()} == {"unavailable"}
    assert "podman has no daemon" in results["engine-stop"].cause
    assert "shares with others" in results["disk-full"].cause


NETWORK = ("isolate", "reject", "cut-pair", "cut-one-way", "cut-port", "slow-link")
PROCESS = ("process-stop", "process-kill", "process-term", "container-pause", "container-stop")


def test_random_faults_leave_nothing(
    session: Session, lab_inventory: Inventory, ssh: Remote, clean: Callable[[float], None]
) -> None:
    chance = random.Random(4)  # noqa: S311 - which faults, not a secret
    made = []
    for _ in range(RANDOM_FAULTS):
        service = chance.choice(("redis", "rabbitmq", "minio", "mariadb"))
        cluster = cluster_of(lab_inventory, ssh, service)
        eventually(f"{service} to be whole", cluster.why_not_healthy, Deadline(3 * TIMER_SECONDS))
        name = chance.choice((*NETWORK, *PROCESS))
        host = chance.choice(cluster.members)
        with fault_block(session, cluster, name, host):
            made.append(f"{name} on {host}")
    assert len(made) == RANDOM_FAULTS
    clean(GONE_SECONDS)
    until_healthy(lab_inventory)


def test_disk_full_on_a_disk_of_its_own(session: Session, lab_inventory: Inventory, ssh: Remote) -> None:
    cluster = cluster_of(lab_inventory, ssh, "redis")
    host = cluster.target("replica")
    data = "/var/lib/hadrill/redis"
    swap = f"systemctl stop hadrill-redis; cp -a {data} {data}.kept; mount -t tmpfs -o size=64m none {data};"
    ssh.run(host, f"{swap} cp -a {data}.kept/. {data}/; systemctl start hadrill-redis")
    try:
        eventually("Redis to be whole on its small disk", cluster.why_not_healthy, Deadline(TIMER_SECONDS))
        with fault_block(session, cluster, "disk-full", host):
            full = ssh.attempt(host, f"dd if=/dev/zero of={data}/more bs=64k count=2; rm -f {data}/more")
            assert "No space left" in full.stderr
        assert int(ssh.run(host, f"df --output=avail -B1 {data} | tail -1").stdout) > 10**6
    finally:
        ssh.run(host, f"systemctl stop hadrill-redis; umount {data}; rm -rf {data}.kept; systemctl start hadrill-redis")
    eventually("Redis to be whole again", cluster.why_not_healthy, Deadline(TIMER_SECONDS))


def test_outside_the_lab_nothing_is_broken_without_consent(
    lab_inventory: Inventory, ssh: Remote, tmp_path: Path
) -> None:
    settings = lab_inventory.settings.model_copy(update={"lab": False})
    outside = Inventory(
        lab_inventory.folder, lab_inventory.hosts, lab_inventory.versions, settings, lab_inventory.credentials
    )
    session = Session(outside, ssh, tmp_path)
    try:
        cluster = cluster_of(outside, ssh, "redis")
        with (
            pytest.raises(InconclusiveError, match="does not allow faults on"),
            fault_block(session, cluster, "isolate", cluster.members[0]),
        ):
            pytest.fail("it was broken")
    finally:
        session.close()
