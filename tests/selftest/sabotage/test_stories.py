"""What the users' shell scripts could not explain: each story is one case, told by the drill itself."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.redis.cluster import RedisCluster
from hadrill.services.redis.service import Redis
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import run_suite, until_healthy
from tests.selftest.sabotage import postgresql_cases, redis_cases
from tests.selftest.sabotage.bench import Sabotage, sabotaged, stopped

pytestmark = [pytest.mark.lab, pytest.mark.takes_turns("stories")]
SECOND_ATTEMPT = "second-attempt"
ATTEMPT_SECONDS = 40.0
PAUSE_SECONDS = 125
"""After an earlier test's attempt Sentinel begins none for two minutes; by then replicas are too old to be promoted."""
VOTES = (
    f"journalctl -q --no-pager -o cat CONTAINER_NAME=sentinel --since=-{PAUSE_SECONDS}s | grep -c vote-for-leader || :"
)
STORIES = {
    "never promoted in 210 s: the quorum": redis_cases.quorum,
    "a leader among the Sentinels, and nobody promoted": redis_cases.priority,
}
KNOWN: dict[str, tuple[str, Callable[[Inventory], Sabotage]]] = {
    "nobody may be promoted": ("redis", lambda inventory: redis_cases.priority(Redis(inventory))),
    "never promoted in 210 s: protected mode": (
        "redis",
        lambda inventory: redis_cases.protected_mode_sentinel(Redis(inventory)),
    ),
    "start failed": ("postgresql", lambda inventory: postgresql_cases.data_modes(Postgresql(inventory))),
}
LEADS = {"redis": "master", "postgresql": "leader"}


@pytest.mark.parametrize("story", STORIES)
def test_a_drill_that_never_recovers_names_its_cause(
    story: str, lab_inventory: Inventory, ssh: Remote, tmp_path: Path
) -> None:
    until_healthy(lab_inventory)
    case = STORIES[story](Redis(lab_inventory))
    try:
        with sabotaged(lab_inventory, ssh, case):
            summary = run_suite("tests/failover", tmp_path, *killed("redis"), "--force")
    finally:
        until_healthy(lab_inventory)
    (drill,) = summary["drills"]
    assert drill["verdict"] == "failed", summary["console"]
    assert "never recovered" in drill["cause"]
    assert drill["causes"][0]["name"] == case.cause, drill["causes"]
    assert f"{case.cause}: " in summary["console"]
    assert drill["lost"] == 0


def killed(service: str) -> tuple[str, ...]:
    """Options for the drill in which the leading member dies."""
    return ("--service", service, "--role", LEADS[service], "--fault", "container-kill", "--no-page")


def test_not_slow_but_waiting_for_a_second_attempt(lab_inventory: Inventory, ssh: Remote) -> None:
    until_healthy(lab_inventory)
    cluster = RedisCluster(lab_inventory, ssh)

    def voted() -> list[str] | None:
        return [host.name for host in cluster.members if ssh.run(host, VOTES).stdout.strip() != "0"] or None

    eventually("Sentinels to be free for an attempt", voted, Deadline(PAUSE_SECONDS + ATTEMPT_SECONDS))
    master, began = cluster.leader(), time.monotonic()
    replicas = [host for host in cluster.members if host != master]

    def named() -> list[str]:
        diagnosis = cluster.diagnose(int(time.monotonic() - began) + 1, victim=master.name)
        return [cause.name for cause in diagnosis.causes]

    try:
        with (
            ExitStack() as mended,
            sabotaged(lab_inventory, ssh, Sabotage("no master", (stopped(master, "hadrill-redis"),))),
        ):
            mended.enter_context(sabotaged(lab_inventory, ssh, redis_cases.no_candidate(replicas)))
            eventually(
                "the first attempt to fail",
                lambda: None if SECOND_ATTEMPT in (names := named()) else str(names),
                Deadline(ATTEMPT_SECONDS),
            )
            assert named()[0] == "replica-priority-zero"
            mended.close()
            assert named()[0] == SECOND_ATTEMPT
    finally:
        until_healthy(lab_inventory)


@pytest.mark.parametrize("story", KNOWN)
def test_a_cause_that_is_known_beforehand_breaks_nothing(
    story: str, lab_inventory: Inventory, ssh: Remote, tmp_path: Path
) -> None:
    until_healthy(lab_inventory)
    service, sabotage = KNOWN[story]
    case = sabotage(lab_inventory)
    try:
        with sabotaged(lab_inventory, ssh, case):
            summary = run_suite("tests/failover", tmp_path, *killed(service))
    finally:
        until_healthy(lab_inventory)
    (drill,) = summary["drills"]
    assert drill["verdict"] == "inconclusive", summary["console"]
    assert f"cause: {case.cause}" in drill["cause"]
    assert drill["acknowledged"] == 0
