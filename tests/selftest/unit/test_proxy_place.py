"""What proxies lead to: a place in each cluster behind them, each with lanes, readers and counters of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from hadrill.inventory import Host
from hadrill.services.haproxy.cluster import ProxyPlace
from hadrill.services.place import Place
from hadrill.workload import OK, History, Lane, Operation

BOTH, OTHER = (Host(name, f"198.18.9.{number}", "", name, "redis", "", "", 0) for number, name in enumerate("ab", 1))


@dataclass
class Kept(Place):
    """A place that has some keys, on these hosts."""

    port: int
    hosts: tuple[Host, ...]
    keys: set[str] = field(default_factory=set)

    @property
    def lanes(self) -> Sequence[Lane]:
        return [Lane("write", "new", self.port, cast(Any, None), lambda _: False)]

    @property
    def readers(self) -> tuple[Host, ...]:
        return self.hosts

    def make(self) -> None:
        """Nothing to make."""

    def found(self, _: Host, acknowledged: set[str], __: History) -> set[str]:
        return acknowledged & self.keys

    def clean(self) -> None:
        """Nothing to remove."""

    def shown_by(self, _: Operation) -> str:
        return "all"


@dataclass
class Behind:
    """A cluster behind the proxies."""

    service: str
    label: str
    its: Kept

    def place(self, _: str) -> Kept:
        return self.its


def written(lane: str, key: str) -> Operation:
    return Operation(key, lane, 0.0, 0.1, OK, "", "")


def place(*behind: Behind) -> ProxyPlace:
    return ProxyPlace(cast(Any, behind), "drill")


@pytest.mark.parametrize("lost", ["rows", "keys"])
def test_what_a_host_of_two_services_lost_of_either_is_missing(lost: str) -> None:
    rows, keys = Kept(5432, (BOTH,), {"row"}), Kept(6379, (BOTH, OTHER), {"key"})
    {"rows": rows, "keys": keys}[lost].keys.clear()
    proxies = place(Behind("postgresql", "postgresql", rows), Behind("redis", "redis", keys))
    history = History()
    for lane, key in zip((lane.name for lane in proxies.lanes), ("row", "key"), strict=True):
        history.add(written(lane, key))
    assert proxies.readers == (BOTH, OTHER)
    assert proxies.found(BOTH, {"row", "key"}, history) == {"row", "key"} - {lost.removesuffix("s")}
    assert proxies.found(OTHER, {"row", "key"}, history) == {"row", "key"} - ({"key"} if lost == "keys" else set())


def test_clusters_of_one_service_have_lanes_and_counters_of_their_own() -> None:
    one, two = Kept(6379, (BOTH,), {"one"}), Kept(6379, (OTHER,), {"two"})
    proxies = place(Behind("redis", "redis/one", one), Behind("redis", "redis/two", two))
    names = [lane.name for lane in proxies.lanes]
    assert names == ["write new 6379 redis/one", "write new 6379 redis/two"]
    history = History()
    for lane, key in zip(names, ("one", "two"), strict=True):
        history.add(written(lane, key))
    assert proxies.found(BOTH, {"one", "two"}, history) == {"one", "two"}
    assert proxies.found(OTHER, {"one", "two"}, history) == {"one", "two"}
    assert [proxies.shown_by(written(name, "x")) for name in names] == ["redis/one all", "redis/two all"]
