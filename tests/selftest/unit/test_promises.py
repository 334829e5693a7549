"""What is said of a cluster without breaking it, and when that cannot be said."""

import math
from dataclasses import replace
from typing import cast

import pytest

from hadrill.diagnosis import Cause
from hadrill.drill.objective import over_objective
from hadrill.drill.preflight import diagnose_failure
from hadrill.drill.result import Result
from hadrill.drill.verdict import Verdict
from hadrill.inventory import Host, Inventory
from hadrill.inventory.settings import Objective
from hadrill.remote import Remote
from hadrill.services.cluster import Cluster
from hadrill.services.redis.cluster import RedisCluster
from hadrill.timing import Part, budget
from hadrill.timing.budget import MARGIN_SECONDS


def test_a_promise_that_the_configuration_cannot_keep_is_a_cause(lab_inventory: Inventory) -> None:
    def cause(seconds: float, rto: str | None) -> Cause | None:
        slo = {"redis": Objective(rto=rto)} if rto else {}
        promised = replace(lab_inventory, settings=lab_inventory.settings.model_copy(update={"slo": slo}))
        allowed = budget([Part("down-after", seconds - MARGIN_SECONDS, "live")])
        known = {"inventory": promised, "service": "redis", "budget": lambda *_: allowed}
        return over_objective(cast("Cluster", type("Stub", (), known)()))

    assert cause(10.0, None) is None
    assert cause(10.0, "10s") is None
    named = cause(10.0, "9.5s")
    assert named is not None
    assert "slo.redis.rto 9.5s" in named.symptom
    assert [line.partition(":")[0] for line in named.evidence] == ["stop", "crash", "blackhole"]
    assert "down-after 9.0 (live) + margin 1.0 = 10.0 s" in named.evidence[0]


def test_a_diagnosis_that_fails_leaves_the_verdict() -> None:
    def unreachable(*_: object) -> None:
        raise OSError("nobody answers")

    stub = cast("Cluster", type("Stub", (), {"diagnose": unreachable})())
    result = Result("1", "redis", "redis-01", "master", "power-off", verdict=Verdict.FAILED, cause="never recovered")
    assert diagnose_failure(result, stub, 0.0) is None
    assert (result.verdict, result.cause, result.notes) == (
        "failed",
        "never recovered",
        ["no diagnosis: OSError: nobody answers"],
    )


@pytest.mark.parametrize(
    ("third", "limit"),
    [
        (math.inf, "(min-replicas-to-write 0: until it was healed, live, redis-03)"),
        (9.0, "(min-replicas-max-lag 10 s, live, redis-02)"),
    ],
)
def test_how_long_an_isolated_master_takes_writes_is_the_longest_that_a_member_says(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch, third: float, limit: str
) -> None:
    seconds = {"redis-01": 0.0, "redis-02": 10.0, "redis-03": third}

    def alone(_: RedisCluster, host: Host) -> float:
        return seconds[host.name]

    monkeypatch.setattr(RedisCluster, "_alone", alone)
    assert RedisCluster(lab_inventory, Remote(lab_inventory)).loss_bound("master").endswith(limit)
