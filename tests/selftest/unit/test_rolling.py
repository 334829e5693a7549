"""Members restart one at a time: first the one that is broken, if no other is, and never a second one."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pymysql
import pytest

from hadrill.install import rolling
from hadrill.install.desired import Units
from hadrill.install.rolling import bring_up
from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host, Inventory, read
from hadrill.services import asking
from hadrill.services.finding import CheckFailedError, Finding
from hadrill.services.mariadb import checks
from hadrill.services.mariadb.service import Mariadb


class Queue(Site):
    """Three nodes. Those that are broken are so until they restart; the check names them, and what else is said."""

    def __init__(
        self, folder: Path, *broken: str, check: bool = False, also: Callable[[], Iterable[str]] = tuple
    ) -> None:
        super().__init__(read(folder), check=check)
        self.members = self.inventory.of_role("rabbitmq")
        self.broken, self.also = set(broken), also
        self.done: list[str] = []

    def everywhere(self, hosts: Any, work: Any) -> Any:
        return {host: work(host) for host in hosts}

    def start(self, host: Host, units: Iterable[str], verb: str = "start") -> None:
        self.done += [f"{verb} {host}" for _ in units]
        if not self.check:
            self.broken.discard(host.name)

    def whole(self) -> None:
        if named := [*sorted(self.broken), *self.also()]:
            raise CheckFailedError([Finding(name, "well", "broken", "old files") for name in named])

    def bring_up(self, *outdated: str, stopped: Iterable[str] = ()) -> list[str]:
        units = {
            host: Units(("q.service",) if host.name in stopped else (), ("q.service",) if host.name in outdated else ())
            for host in self.members
        }
        bring_up(self, units, lambda: self.members, self.whole, "RabbitMQ")
        return self.done


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "WHOLE_SECONDS", 0.6)
    monkeypatch.setattr(rolling, "BROKEN_SECONDS", 0.15)


ALL = ("queue-01", "queue-02", "queue-03")


def test_a_whole_cluster_is_restarted_in_its_order(lab: Path) -> None:
    assert Queue(lab).bring_up(*ALL) == [f"restart {name}" for name in ALL]


def test_an_outdated_member_that_alone_is_broken_is_restarted_first_and_once(lab: Path) -> None:
    assert Queue(lab, "queue-03").bring_up(*ALL) == ["restart queue-03", "restart queue-01", "restart queue-02"]


def test_no_member_is_restarted_while_another_is_broken(lab: Path) -> None:
    for broken, outdated in (
        (("queue-02", "queue-03"), ALL),  # with one more the majority would be gone
        (("queue-03",), ("queue-01", "queue-02")),  # broken by something else
        (("queue-03", "the cluster"), ALL),  # and something that no restart may mend
    ):
        site = Queue(lab, *broken)
        with pytest.raises(InstallError, match="queue-03: expected well, found broken"):
            site.bring_up(*outdated)
        assert site.done == []


def test_a_member_that_is_named_for_a_moment_waits_its_turn(lab: Path) -> None:
    looks = iter([["queue-03"], ["queue-03", "queue-01"], ["queue-03"]])
    assert Queue(lab, also=lambda: next(looks, [])).bring_up(*ALL) == [f"restart {name}" for name in ALL]


def test_a_check_run_says_the_same_order_and_does_not_wait_for_what_it_does_not_do(lab: Path) -> None:
    assert Queue(lab, "queue-02", check=True).bring_up(*ALL) == [
        f"restart {name}" for name in ("queue-02", "queue-01", "queue-03")
    ]


class Galera(Mariadb):
    """Three nodes: each answers with a state and a size, or not at all."""

    def __init__(self, inventory: Inventory, *answers: tuple[str, int] | None) -> None:
        super().__init__(inventory)
        self.answers = dict(zip(self.members, answers, strict=True))

    def wsrep(self, host: Host, *_: object) -> dict[str, str]:
        answer = self.answers[host]
        if answer is None:
            raise pymysql.OperationalError(2003, "no")
        status, size = answer
        return checks.STATES | {"wsrep_cluster_status": status, "wsrep_cluster_size": str(size)}


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ((("Primary", 2), ("Primary", 2), None), {"maria-03"}),
        ((("Primary", 2), ("Primary", 2), ("non-Primary", 1)), {"maria-03"}),
        ((("Primary", 2), ("Primary", 2), ("Primary", 1)), {"maria-01", "maria-02", "maria-03"}),
        ((("Primary", 1), ("Primary", 2), None), {"maria-01", "maria-03"}),
    ],
)
def test_galera_names_who_is_broken_and_not_who_misses_it(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch, answers: Any, named: set[str]
) -> None:
    monkeypatch.setattr(asking, "_port_state", lambda *_: "refused")
    with pytest.raises(CheckFailedError) as failed:
        checks.cluster(Galera(lab_inventory, *answers))
    assert {finding.host for finding in failed.value.findings} == named
