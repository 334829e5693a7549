"""What the users' shell scripts could not explain: each story is one case, told by the drill itself.

Stories of a service wait in its queue for the causes that stand before them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from hadrill.inventory import Inventory
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.redis.cluster import RedisCluster
from hadrill.services.redis.service import Redis
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import run_suite, until_healthy
from tests.selftest.sabotage import postgresql_cases, redis_cases
from tests.selftest.sabotage.bench import Sabotage, sabotaged, stopped
from tests.selftest.sabotage.trial import Trial

pytestmark = [pytest.mark.lab, pytest.mark.takes_turns("stories")]
SECOND_ATTEMPT = "second-attempt"
ATTEMPT_SECONDS = 40.0
WHOLE_SECONDS = 60.0
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


def killed(service: str) -> tuple[str, ...]:
    """Options for the drill in which the leading member dies."""
    return ("--service", service, "--role", LEADS[service], "--fault", "container-kill", "--no-page")


@contextmanager
def whole(trial: Trial) -> Iterator[None]:
    """The service is whole before and after, whatever happened."""
    with trial.room.entered(alone=False):
        until_healthy(trial.inventory, trial.service)
        try:
            yield
        finally:
            until_healthy(trial.inventory, trial.service)


def never_recovers(story: str, trial: Trial) -> None:
    """A drill that can only fail names its cause."""
    case = STORIES[story](Redis(trial.inventory))
    with whole(trial), sabotaged(trial.inventory, trial.ssh, case):
        summary = run_suite("tests/failover", trial.reports, *killed("redis"), "--force")
    (drill,) = summary["drills"]
    assert drill["verdict"] == "failed", summary["console"]
    assert "never recovered" in drill["cause"]
    assert drill["causes"][0]["name"] == case.cause, drill["causes"]
    assert f"{case.cause}: " in summary["console"]
    assert drill["lost"] == 0


def waits_for_a_second_attempt(trial: Trial) -> None:
    """It is not slow: the first attempt failed, and the next comes when the cause is gone."""
    cluster = RedisCluster(trial.inventory, trial.ssh)
    with whole(trial):
        # After an earlier attempt Sentinel begins none for two minutes, until it forgets that there was one.
        for host in cluster.members:
            trial.ssh.run(host, redis_cases.sentinel_cli(f"SENTINEL RESET {cluster.redis.settings.master_name}"))
        eventually("Sentinels to know all again", cluster.why_not_healthy, Deadline(WHOLE_SECONDS))
        master, began = cluster.leader(), time.monotonic()
        replicas = [host for host in cluster.members if host != master]

        def named() -> list[str]:
            diagnosis = cluster.diagnose(int(time.monotonic() - began) + 1, victim=master.name)
            return [cause.name for cause in diagnosis.causes]

        with (
            ExitStack() as mended,
            sabotaged(trial.inventory, trial.ssh, Sabotage("no master", (stopped(master, "hadrill-redis"),))),
        ):
            mended.enter_context(sabotaged(trial.inventory, trial.ssh, redis_cases.no_candidate(replicas)))
            eventually(
                "the first attempt to fail",
                lambda: None if SECOND_ATTEMPT in (names := named()) else str(names),
                Deadline(ATTEMPT_SECONDS),
            )
            assert named()[0] == "replica-priority-zero"
            mended.close()
            assert named()[0] == SECOND_ATTEMPT


def is_known_beforehand(story: str, trial: Trial) -> None:
    """The drill refuses, and breaks nothing."""
    case = KNOWN[story][1](trial.inventory)
    with whole(trial), sabotaged(trial.inventory, trial.ssh, case):
        summary = run_suite("tests/failover", trial.reports, *killed(trial.service))
    (drill,) = summary["drills"]
    assert drill["verdict"] == "inconclusive", summary["console"]
    assert f"cause: {case.cause}" in drill["cause"]
    assert drill["acknowledged"] == 0


@pytest.mark.parametrize(
    "story",
    [pytest.param(story, marks=pytest.mark.trial("redis", partial(never_recovers, story))) for story in STORIES],
)
def test_a_drill_that_never_recovers_names_its_cause(story: str, trial: Callable[[], None]) -> None:
    trial()


@pytest.mark.trial("redis", waits_for_a_second_attempt)
def test_not_slow_but_waiting_for_a_second_attempt(trial: Callable[[], None]) -> None:
    trial()


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(story, marks=pytest.mark.trial(KNOWN[story][0], partial(is_known_beforehand, story)))
        for story in KNOWN
    ],
)
def test_a_cause_that_is_known_beforehand_breaks_nothing(story: str, trial: Callable[[], None]) -> None:
    trial()
