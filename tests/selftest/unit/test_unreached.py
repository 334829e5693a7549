"""Hosts that no check can reach cost one deadline a run, and come first in what it says."""

from typing import Any

import pytest

from hadrill.diagnosis import unreached
from hadrill.diagnosis.unreached import Unreached, UnreachedError
from hadrill.inventory import Inventory
from hadrill.pytest_plugin.failure import explain
from hadrill.report.outcome import Ending, Outcome
from hadrill.report.screen import Screen
from hadrill.report.secrets import Scrubber
from hadrill.report.summary import Summary

DOWN = "no host answers SSH or its ports: 198.18.0.0/16 is unreachable from here (lab down?)"


@pytest.fixture
def looks(lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> tuple[Unreached, set[str], list[int]]:
    """An Unreached, the names of the hosts that answer, and how many places it asked each time."""
    alive: set[str] = set()
    asked: list[int] = []

    def answering(places: dict[tuple[str, int], Any]) -> set[tuple[str, int]]:
        asked.append(len(places))
        return {place for place, host in places.items() if host.name in alive}

    monkeypatch.setattr(unreached, "answering", answering)
    return Unreached(lab_inventory), alive, asked


def test_nobody_is_silent_before_somebody_looked(lab_inventory: Inventory, looks: Any) -> None:
    known, _, asked = looks
    assert known.why_not("redis", lab_inventory.of_role("redis")) == ""
    assert not known.everything
    assert asked == []


def test_all_hosts_are_asked_once_on_all_their_ports(lab_inventory: Inventory, looks: Any) -> None:
    known, _, asked = looks
    known.look()
    known.look()
    assert len(asked) == 1
    assert asked[0] > 2 * len(lab_inventory.managed)
    assert known.everything
    assert known.why_not("redis", lab_inventory.of_role("redis")) == DOWN


def test_a_service_with_one_host_left_is_checked(lab_inventory: Inventory, looks: Any) -> None:
    known, alive, _ = looks
    alive |= {host.name for host in lab_inventory.managed} - {"redis-01", "redis-02", "redis-03", "minio-01"}
    known.look()
    redis, minio = lab_inventory.of_role("redis"), lab_inventory.of_role("minio")
    names = ", ".join(host.name for host in redis)
    says = f"no host of redis answers SSH or its ports: {names} powered off or cut off"
    assert known.why_not("redis", redis) == says
    assert known.why_not("minio", minio) == ""
    assert known.why_not("", [lab_inventory.host("minio-01")]).startswith("minio-01 answers neither SSH nor its ports")


def test_the_one_reason_comes_before_the_table_and_not_with_every_check() -> None:
    failure = explain(UnreachedError(DOWN), Scrubber([]))
    assert (failure.outcome, failure.message) == (Ending.UNREACHABLE, DOWN)
    outcomes = [
        Outcome("a", "Redis", "connectivity", Ending.UNREACHABLE, 4.0, "redis-01", "off", "expected x", unreached=DOWN),
        Outcome("b", "Redis", "sentinel", Ending.UNREACHABLE, 0.0, "", DOWN, DOWN, unreached=DOWN),
        Outcome("c", "MinIO", "objects", Ending.PASSED, 0.1),
        Outcome("d", "MinIO", "quorum", Ending.FAILED, 0.1, "minio-01", "a cause", "a message"),
    ]
    summary = Summary("basic", tuple(outcomes), 5.0, {})
    assert summary.console(Screen()).splitlines()[0] == DOWN
    assert summary.console(Screen()).count(DOWN) == 1
    assert "expected x" in summary.console(Screen())
    assert summary.markdown().splitlines()[2] == f"**{DOWN}**"
    assert Summary("basic", tuple(outcomes[2:]), 5.0, {}).console(Screen()).startswith("MinIO")
