"""Checks read what members say; here what they say of a time that is over."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import psycopg
import pytest

from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services import examiner
from hadrill.services.finding import CheckFailedError
from hadrill.services.postgresql import checks
from hadrill.services.postgresql.service import Postgresql


class Recorded(Postgresql):
    """A cluster whose store shows all three members well, and who each say something else of themselves."""

    def __init__(self, inventory: Inventory, **own: tuple[str, str]) -> None:
        super().__init__(inventory)
        self.own = own

    def patroni(self, _: Host) -> dict[str, Any]:
        """The store's record."""
        first = self.members[0]
        roles = {host: ("leader", "running") if host == first else ("replica", "streaming") for host in self.members}
        return {"members": [{"name": host.name, "role": r, "state": s} for host, (r, s) in roles.items()]}

    def status(self, host: Host) -> dict[str, Any]:
        """Each member's own word."""
        usual = ("primary" if host == self.members[0] else "replica", "running")
        role, state = self.own.get(host.name.replace("-", "_"), usual)
        return {"role": role, "state": state}


def test_a_member_that_says_it_runs_is_healthy(lab_inventory: Inventory) -> None:
    checks.cluster(Recorded(lab_inventory))
    checks.cluster(Recorded(lab_inventory, db_master_01=("master", "running")))


def test_the_record_of_a_store_that_outlived_a_power_cut_is_not_believed(lab_inventory: Inventory) -> None:
    with pytest.raises(CheckFailedError) as failed:
        checks.cluster(
            Recorded(lab_inventory, db_master_01=("demoted", "stopped"), db_slave_01=("replica", "starting"))
        )
    leader, replica = map(str, failed.value.findings)
    assert leader.startswith("db-master-01: expected running, as the leader, found demoted, stopped, as it says itself")
    assert replica.startswith("db-slave-01: expected running, found replica, starting, as it says itself")


def test_a_leader_that_does_not_lead_yet_is_not_whole(lab_inventory: Inventory) -> None:
    with pytest.raises(CheckFailedError, match="db-master-01: expected running, as the leader, found replica, running"):
        checks.cluster(Recorded(lab_inventory, db_master_01=("replica", "running")))


@pytest.mark.parametrize(("told", "red"), [(3, False), (10**6, True)])
def test_a_login_that_pgbouncer_remembers_counts_only_where_it_stays(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch, told: int, red: bool
) -> None:
    left = [told]

    def connect(_: Postgresql, address: str, *__: object) -> MagicMock:
        if address.partition(":")[0] == lab_inventory.host("haproxy-02").address and left[0]:
            left[0] -= 1
            raise psycopg.OperationalError("FATAL: server login has been failing, cached error: connect failed")
        answers = MagicMock()
        answers.execute.side_effect = [MagicMock(fetchone=lambda: (False,)), MagicMock(fetchone=lambda: ("near",))]
        return answers

    monkeypatch.setattr(Postgresql, "connect", connect)
    monkeypatch.setattr(checks, "ANSWER_SECONDS", 0.3)
    if not red:
        checks.pgbouncer(Postgresql(lab_inventory))
        return
    with pytest.raises(
        CheckFailedError, match=r"^haproxy-02: expected PgBouncer to lead to the leader, .* cached error"
    ):
        checks.pgbouncer(Postgresql(lab_inventory))


def test_a_failed_check_is_examined_over_the_runs_own_connections_and_once(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, str]] = []

    def cluster_of(_: Inventory, remote: Remote, service: str, name: str) -> SimpleNamespace:
        assert not name
        asked.append((remote, service))
        return SimpleNamespace(diagnose=lambda: None)

    monkeypatch.setattr(examiner, "cluster_of", cluster_of)
    with Remote(lab_inventory) as remote:
        one = examiner.Examiner(lab_inventory, remote)
        assert one.examine("redis") == one.examine("redis") == ((), "")
        assert asked == [(remote, "redis")]
