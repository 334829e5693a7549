"""Drills as a user runs them: one for each service, all clusters at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from hadrill.inventory import Inventory
from tests.selftest.lab.suite import run_suite, until_healthy

REPRESENTATIVE = (
    "test_postgresql.py::test_drill[leader-container-stop]",
    "test_redis.py::test_drill[master-container-kill]",
    "test_rabbitmq.py::test_drill[leader-power-off]",
    "test_minio.py::test_drill[node-container-stop]",
    "test_mariadb.py::test_drill[writer-isolate]",
    "test_haproxy.py::test_drill[proxy-container-stop]",
)


@pytest.fixture(scope="module")
def drilled(lab_inventory: Inventory, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    until_healthy(lab_inventory)
    paths = [f"tests/failover/{test}" for test in REPRESENTATIVE]
    return run_suite(paths[0], tmp_path_factory.mktemp("drills"), "-n", "auto", *paths[1:])


def test_one_drill_of_each_service_passes(drilled: dict[str, Any]) -> None:
    verdicts = {drill["service"]: (drill["verdict"], drill["cause"]) for drill in drilled["drills"]}
    assert verdicts == dict.fromkeys(
        ("postgresql", "redis", "rabbitmq", "minio", "mariadb", "haproxy"), ("passed", "")
    ), drilled["console"]
    assert drilled["status"] == 0


def test_a_result_says_what_it_cost_and_where_the_time_went(drilled: dict[str, Any]) -> None:
    redis = next(drill for drill in drilled["drills"] if drill["service"] == "redis")
    assert 5.0 < redis["outage_s"] < redis["budget_s"]
    assert list(redis["phases"]) == ["detect", "elect", "promote", "route", "client"]
    assert sorted(redis["phases"].values()) == list(redis["phases"].values())
    assert redis["acknowledged"] > 100
    assert redis["operations"]["fail"] > 50
    assert set(redis["lanes"]) == {f"{kind} {how} 6379" for kind in ("write", "read") for how in ("new", "pooled")}
    assert redis["budget"].startswith("down-after 5.0 (live, redis-")


def test_a_drill_leaves_its_evidence(drilled: dict[str, Any]) -> None:
    for drill in drilled["drills"]:
        folder = Path(drill["folder"])
        assert {"history.jsonl", "timeline.json", "timeline.svg", "result.json"} <= {f.name for f in folder.iterdir()}
        assert (folder / "timeline.svg").read_text().count("<rect") > 50
        lines = (folder / "history.jsonl").read_text().splitlines()
        assert len(lines) == sum(drill["operations"].values())
        assert any(json.loads(line)["start"] < 0 for line in lines)


def test_the_run_is_in_the_history(drilled: dict[str, Any]) -> None:
    reports = Path(drilled["drills"][0]["folder"]).parents[2]
    kept = [json.loads(line) for line in (reports / "history.jsonl").read_text().splitlines()]
    assert {row["service"] for row in kept} == {drill["service"] for drill in drilled["drills"]}


def test_the_lab_is_healthy_afterwards(drilled: dict[str, Any], lab_inventory: Inventory) -> None:
    until_healthy(lab_inventory)
