"""Data of others: what would destroy it, and what is missing afterwards."""

import math
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from hadrill.drill import others_data
from hadrill.drill.coming_back import HEALING, what_brings_back
from hadrill.drill.errors import InconclusiveError
from hadrill.drill.others_data import OthersData
from hadrill.drill.result import Result
from hadrill.faults import BLACKHOLE, FAULTS, RESTART, STOP, Fault, Target, fault
from hadrill.inventory import Inventory
from hadrill.placement import Unit
from hadrill.placement.unit import seconds_of
from hadrill.remote import Output, Remote
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import CLUSTERS
from hadrill.services.guarded import Foreign, Guarded, why_less
from hadrill.services.postgresql import holdings as postgresql_holdings
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.rabbitmq import holdings as rabbitmq_holdings
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.redis import cluster as redis_cluster
from hadrill.services.redis.cluster import RedisCluster

REDIS = Unit(name="redis", unit="redis.service", data="/nowhere")
UNIT = "its unit starts it again after 1 s"


def keys(*counts: int, passing: int = 0, lives_s: float = 0.0) -> dict[str, Foreign]:
    return {f"redis-0{n}": Foreign("keys", count, passing, lives_s) for n, count in enumerate(counts, start=1)}


def test_a_data_set_that_is_gone_is_told_with_its_sums() -> None:
    before = keys(10_000, 10_000)
    assert why_less(before, before, keys(0, 0), 5.0, 30.0) == "the data set is gone: 10,000 keys before, 0 after"


def test_where_data_stands_still_nothing_may_be_missing_on_any_member() -> None:
    before = keys(100, 100)
    sentence = why_less(before, before, keys(100, 99), 5.0, 30.0)
    assert sentence == "data that is not this drill's is missing on redis-02: 100 keys before, 99 after"
    assert why_less(before, before, keys(100, 100), 5.0, 30.0) == ""
    assert why_less(before, before, keys(101, 101), 5.0, 30.0) == ""
    assert why_less(before, before, {}, 5.0, 30.0) == "", "what could not be counted is not missing"


def test_where_others_add_and_remove_all_the_time_only_a_great_loss_is_one() -> None:
    before, steady = keys(100, 100), keys(103, 103)
    assert why_less(before, steady, keys(60, 60), 5.0, 30.0) == ""
    assert why_less(before, steady, keys(40, 40), 5.0, 30.0) != ""


def test_keys_that_end_by_themselves_are_missed_only_where_they_had_long_to_live() -> None:
    sessions, cache = keys(0, passing=500, lives_s=3600.0), keys(0, passing=500, lives_s=60.0)
    assert why_less(sessions, sessions, keys(0), 5.0, 30.0) == "the data set is gone: 500 keys before, 0 after"
    assert why_less(cache, cache, keys(0), 5.0, 30.0) == "the data set is gone: 500 keys before, 0 after"
    assert why_less(cache, cache, keys(0, passing=200), 5.0, 30.0) == ""
    assert why_less(cache, cache, keys(0), 5.0, 120.0) == "", "twice their average: all may have ended"


@pytest.mark.parametrize(
    ("count", "lives_s", "left", "seconds"),
    [(1, 30.0, 0, 20.0), (10_000, 30.0, 0, 31.0), (10_000, 1000.0, 1_000, 60.0)],
    ids=["a single one", "all written at once", "nine of ten end soon"],
)
def test_keys_that_may_have_ended_by_themselves_are_not_missed(
    count: int, lives_s: float, left: int, seconds: float
) -> None:
    before = keys(0, passing=count, lives_s=lives_s)
    assert why_less(before, before, keys(0, passing=left), 5.0, seconds) == ""


@pytest.mark.parametrize("seconds", [30.0, 119.0, 121.0, 600.0])
def test_sessions_that_are_all_gone_are_missed_however_long_it_took(seconds: float) -> None:
    sessions = keys(0, passing=100_000, lives_s=1200.0)
    assert why_less(sessions, sessions, keys(0), 5.0, seconds) == "the data set is gone: 100,000 keys before, 0 after"


def test_a_key_that_somebody_adds_meanwhile_hides_no_great_loss() -> None:
    before, steady = keys(100_000), keys(100_001)
    assert why_less(before, steady, keys(60_000), 5.0, 60.0).endswith("100,000 keys before, 60,000 after")
    assert why_less(before, steady, keys(99_950), 5.0, 60.0) == ""


def test_of_estimates_only_a_great_loss_is_told() -> None:
    before = {"a": Foreign("pages", 100, exact=False)}
    assert why_less(before, before, {"a": Foreign("pages", 60, exact=False)}, 5.0, 30.0) == ""
    assert why_less(before, before, {"a": Foreign("pages", 40, exact=False)}, 5.0, 30.0) != ""


@pytest.mark.parametrize(
    ("span", "seconds"),
    [("1s", 1.0), ("100ms", 0.1), ("1min 30s", 90.0), ("infinity", math.inf), ("0", 0.0), ("", 0.0)],
)
def test_times_as_systemd_shows_them(span: str, seconds: float) -> None:
    assert seconds_of(span) == seconds


@pytest.mark.parametrize(
    ("fault", "shown", "back"),
    [
        (Fault("process-kill", RESTART, lasts=False), "Restart=always\nRestartUSec=1s\n", UNIT),
        (Fault("process-kill", RESTART, lasts=False), "RestartUSec=1s\nRestart=no\n", HEALING),
        (Fault("reboot", RESTART, power="reset", lasts=False), "", "it is started again as soon as its machine has"),
        (Fault("container-stop", STOP), "", HEALING),
        (Fault("power-off", BLACKHOLE, power="off"), "", HEALING),
    ],
)
def test_what_brings_a_member_back(lab_inventory: Inventory, fault: Fault, shown: str, back: str) -> None:
    remote = cast("Remote", SimpleNamespace(run=lambda *_: Output(0, shown, "")))
    assert what_brings_back(remote, lab_inventory.host("redis-01"), REDIS, fault).startswith(back)


def test_faults_that_end_processes_say_so() -> None:
    target = Target("abc", REDIS, "redis-server", "198.18.0.1", ("198.18.0.124",), 6379, 6379, "/nowhere")
    ends = {name for name in FAULTS if fault(name, target).ends}
    assert ends >= {"power-off", "reboot", "container-stop", "container-kill", "process-term", "process-kill"}
    assert not ends & {"isolate", "reject", "container-pause", "process-stop", "cut-port", "slow-link", "switchover"}


class Client:
    """Redis as its settings are."""

    def __init__(self, appendonly: str, save: str, unsaved: int = 0, own: int = 0) -> None:
        self.settings, self.unsaved, self.own = {"appendonly": appendonly, "save": save}, unsaved, own

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def config_get(self, name: str) -> dict[str, str]:
        return {name: self.settings[name]}

    def info(self, section: str) -> dict[str, Any]:
        if section == "persistence":
            return {"rdb_changes_since_last_save": self.unsaved}
        return {"db0": {"keys": 10_000 + self.own, "expires": self.own, "avg_ttl": 0}}

    def scan_iter(self, **_: object) -> list[str]:
        return ["hadrill:drill:x"] * self.own


@pytest.mark.parametrize(
    ("client", "role", "back", "text"),
    [
        (Client("no", ""), "master", UNIT, "10,000 keys that are not this drill's would be gone"),
        (Client("no", ""), "master", HEALING, "healing may start it again at any moment, down-after is 5 s: 10,000"),
        (Client("no", "", own=7), "master", UNIT, ": 10,000 keys that are not"),
        (Client("no", "3600 1", unsaved=5), "master", UNIT, "5 changes since the last one would be gone"),
        (Client("no", "3600 1"), "master", UNIT, ""),
        (Client("no", "3600 1", own=7, unsaved=14), "master", UNIT, ""),
        (Client("no", "3600 1", own=7, unsaved=19), "master", UNIT, "5 changes since the last one would be gone"),
        (Client("yes", ""), "master", HEALING, ""),
        (Client("no", ""), "replica", HEALING, ""),
    ],
)
def test_redis_is_guarded_where_it_would_come_back_empty_before_it_is_missed(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch, client: Client, role: str, back: str, text: str
) -> None:
    cluster = RedisCluster(lab_inventory, Remote(lab_inventory))
    monkeypatch.setattr(redis_cluster, "down_after", lambda _: (5.0, "live"))
    monkeypatch.setattr(cluster.redis, "client", lambda *_: client)
    sentence = cluster.why_not_survives(lab_inventory.host("redis-01"), role, back)
    assert text in sentence
    assert bool(text) == bool(sentence)


def test_a_member_that_cannot_be_counted_is_told_and_hides_no_other(lab_inventory: Inventory) -> None:
    class Two:
        """One member that answers, and loses what it had; one that does not."""

        members = (lab_inventory.host("redis-01"), lab_inventory.host("redis-02"))
        held = 10

        def why_not_survives(self, *_: object) -> str:
            return ""

        def foreign(self, host: Any) -> Foreign:
            if host.name == "redis-02":
                raise OSError("no answer")
            return Foreign("keys", self.held)

    cluster, result = Two(), Result("1", "redis", "redis-01", "master", "redis-kill")
    others = OthersData(cast("Cluster", cluster), result)
    others.before()
    assert others.unsaid == ""
    others.steady()
    cluster.held = 4
    others.after()
    assert others.problem == "data that is not this drill's is missing on redis-01: 10 keys before, 4 after"
    assert (result.foreign_before, result.foreign_after) == (10, 4)
    assert result.notes[0] == "redis-02: data of others is not counted: no answer"


def test_guarding_is_an_ability_that_a_service_may_have() -> None:
    guarded = {name for name in CLUSTERS if issubclass(CLUSTERS[name], Guarded)}
    assert guarded == {"redis", "postgresql", "mariadb", "rabbitmq", "minio"}


QUEUE = {"type": "classic", "node": "rabbit@queue-01", "durable": True, "messages": 50, "messages_persistent": 50}


@pytest.mark.parametrize(
    ("changed", "gone"),
    [
        ({}, 0),
        ({"messages_persistent": 20}, 30),
        ({"durable": False}, 50),
        ({"type": "quorum", "messages_persistent": 0}, 0),
        ({"node": "rabbit@queue-02", "messages_persistent": 0}, 0),
        ({"name": "hadrill.drill", "messages_persistent": 0}, 0),
    ],
)
def test_messages_that_are_on_no_disk_but_one_nodes_memory_are_summed(
    lab_inventory: Inventory, changed: dict[str, Any], gone: int
) -> None:
    class Answered(Rabbitmq):
        """One queue."""

        def management(self, *_: object) -> Any:
            return [{"name": "orders", **QUEUE, **changed}]

    text = rabbitmq_holdings.why_not_survives(Answered(lab_inventory), lab_inventory.host("queue-01"))
    assert text == (
        f"{gone} messages that are not on queue-01's disk would be gone: classic queues orders" if gone else ""
    )


class Counted:
    """Two members that hold something; those in `silent` do not answer for so many questions."""

    def __init__(self, inventory: Inventory) -> None:
        self.members = (inventory.host("redis-01"), inventory.host("redis-02"))
        self.silent: dict[str, int] = {}

    def why_not_survives(self, *_: object) -> str:
        return ""

    def foreign(self, host: Any) -> Foreign:
        if self.silent.get(host.name, 0):
            self.silent[host.name] -= 1
            raise OSError("no answer")
        return Foreign("keys", 10)


def watched(inventory: Inventory, after: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> tuple[OthersData, Result]:
    monkeypatch.setattr(others_data, "COUNT_SECONDS", 0.3)
    cluster, result = Counted(inventory), Result("1", "redis", "redis-01", "master", "redis-kill")
    others = OthersData(cast("Cluster", cluster), result)
    others.before()
    others.steady()
    cluster.silent = after
    others.after()
    return others, result


def test_a_member_that_cannot_be_counted_afterwards_may_have_lost_everything(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    others, result = watched(lab_inventory, {"redis-02": 1_000_000}, monkeypatch)
    assert others.problem == ""
    assert others.unsaid == (
        "nobody can say whether data of others is all there: redis-02 held 10 keys before, and cannot be counted now"
    )
    assert result.notes == ["redis-02: data of others is not counted: no answer"], "told once"


def test_a_member_that_can_be_counted_a_little_later_is_counted(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    others, result = watched(lab_inventory, {"redis-02": 2}, monkeypatch)
    assert (others.problem, others.unsaid) == ("", "")
    assert (result.foreign_before, result.foreign_after) == (10, 10)


@pytest.mark.parametrize("force", [True, False])
def test_where_nobody_can_be_counted_a_drill_is_refused_but_by_force(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    monkeypatch.setattr(others_data, "COUNT_SECONDS", 0.3)
    cluster, result = Counted(lab_inventory), Result("1", "redis", "redis-01", "master", "redis-kill")
    cluster.silent = {"redis-01": 1_000_000, "redis-02": 1_000_000}
    others = OthersData(cast("Cluster", cluster), result)
    refused = pytest.raises(InconclusiveError, match="refused, data of others cannot be counted on any member")
    with nullcontext() if force else refused:
        others.before(force)


def test_data_of_others_in_a_cluster_on_the_same_hosts_counts_too(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others_data, "COUNT_SECONDS", 0.3)
    cluster, beside = Counted(lab_inventory), Counted(lab_inventory)
    monkeypatch.setattr(beside, "label", "redis/beside", raising=False)
    result = Result("1", "redis", "redis-01", "master", "power-off")
    others = OthersData(cast("Cluster", cluster), result)
    others.also([cast("Cluster", beside)])
    others.before()
    others.steady()
    monkeypatch.setattr(beside, "foreign", lambda _: Foreign("keys", 3))
    others.after()
    assert others.problem.startswith("redis/beside, on the same hosts: ")
    assert (result.foreign_before, result.foreign_after) == (10, 10), "the table is about the cluster that is drilled"


@pytest.mark.parametrize(
    ("words", "pages"),
    [('FATAL: no pg_hba.conf entry for host "x"', 900), ("FATAL: the database system is shutting down", None)],
)
def test_a_database_that_cannot_be_opened_for_a_moment_is_not_counted_by_its_whole_size(
    lab_inventory: Inventory, words: str, pages: int | None
) -> None:
    class Closed(Postgresql):
        """One database, which lets nobody in."""

        def connect(self, *_: object, database: str = "", **__: object) -> Any:
            if database:
                raise psycopg.OperationalError(words)
            listed = SimpleNamespace(fetchall=lambda: [("orders", 900)])
            return SimpleNamespace(execute=lambda _: listed, close=lambda: None)

    service, host = Closed(lab_inventory), lab_inventory.host("db-slave-01")
    if pages is None:
        with pytest.raises(psycopg.OperationalError):
            postgresql_holdings.foreign(service, host)
    else:
        assert postgresql_holdings.foreign(service, host).total == pages
