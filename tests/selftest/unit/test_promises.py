"""What is said of a cluster without breaking it, and when that cannot be said."""

from dataclasses import replace
from typing import cast

from hadrill.diagnosis import Cause
from hadrill.drill.objective import over_objective
from hadrill.drill.preflight import diagnose_failure
from hadrill.drill.result import Result
from hadrill.inventory import Inventory
from hadrill.inventory.settings import Objective
from hadrill.services.cluster import Cluster
from hadrill.timing import Part, budget
from hadrill.timing.budget import MARGIN_SECONDS


def test_a_promise_that_the_configuration_cannot_keep_is_a_cause(stock: Inventory) -> None:
    def cause(seconds: float, rto: str | None) -> Cause | None:
        slo = {"redis": Objective(rto=rto)} if rto else {}
        promised = replace(stock, settings=stock.settings.model_copy(update={"slo": slo}))
        allowed = budget([Part("down-after", seconds - MARGIN_SECONDS, "live")])
        known = {"inventory": promised, "service": "redis", "roles": ("master",), "budget": lambda *_: allowed}
        return over_objective(cast("Cluster", type("Stub", (), known | {"promised": Cluster.promised})()))

    assert cause(10.0, None) is None
    assert cause(10.0, "10s") is None
    found = cause(10.0, "9.5s")
    assert found is not None
    assert "slo.redis.rto 9.5s" in found.symptom
    assert [line.partition(":")[0] for line in found.evidence] == ["stop", "crash", "blackhole"]
    assert "down-after 9.0 (live) + margin 1.0 = 10.0 s" in found.evidence[0]


def test_a_diagnosis_that_fails_leaves_the_verdict() -> None:
    def unreachable(*_: object) -> None:
        raise OSError("nobody answers")

    stub = cast("Cluster", type("Stub", (), {"diagnose": unreachable})())
    result = Result("1", "redis", "redis-01", "master", "power-off", verdict="failed", cause="never recovered")
    assert diagnose_failure(result, stub, 0.0) is None
    assert (result.verdict, result.cause, result.notes) == (
        "failed",
        "never recovered",
        ["no diagnosis: OSError: nobody answers"],
    )
