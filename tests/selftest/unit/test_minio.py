"""What MinIO's clients make of its answers."""

from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.remote import Remote
from hadrill.services.minio.cluster import READ_BACK, MinioCluster, sampled
from hadrill.services.minio.drive import NAME, seconds_of
from hadrill.services.minio.workload import NoQuorumError
from hadrill.workload import FAIL, OK, History, Operation
from hadrill.workload.invariants import went_back


def test_a_key_that_drives_disagree_about_is_a_failed_read_and_is_told(stock: Inventory) -> None:
    history = History()
    history.add(Operation("d-1", "read new 9000", 0.0, 0.1, OK, "", ""))
    error = f"{NoQuorumError.__name__}: no object d-1, which was acknowledged"
    history.add(Operation("d-2", "read new 9000", 0.1, 0.2, FAIL, "", error))
    cluster = MinioCluster(stock, Remote(stock))
    assert went_back(history.operations(), cluster.shown_by) == ""
    assert cluster.remarks(history) == ["1 reads of acknowledged objects ended in NoSuchKey: counted as failed reads"]


def test_the_only_node_that_clients_reach_is_a_weakness_by_name(stock: Inventory, lab: Path) -> None:
    first, second = stock.host("minio-01"), stock.host("minio-02")
    assert MinioCluster(stock, Remote(stock)).weakness(first) == ""
    with (lab / "settings.yaml").open("a", encoding="utf-8") as settings:
        settings.write("minio: {entry: node}\n")
    alone = read(lab)
    cluster = MinioCluster(alone, Remote(alone))
    assert cluster.weakness(first).startswith("clients reach MinIO through minio-01 alone (minio.entry: node")
    assert cluster.weakness(second) == ""


@pytest.mark.parametrize("number", [0, 1, READ_BACK, READ_BACK + 1, 3 * READ_BACK, 3 * READ_BACK + 1, 700])
def test_each_node_is_read_through_for_other_objects_where_there_are_enough(number: int) -> None:
    keys = {f"d-{n}" for n in range(number)}
    parts = [sampled(keys, part) for part in range(3)]
    assert all(len(part) <= READ_BACK for part in parts)
    assert all(len(part) >= min(number, READ_BACK // 2) for part in parts)
    assert len(set().union(*parts)) >= min(number, 2 * READ_BACK)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 30.0),
        ("=10s\n", 10.0),
        ("=1m30s", 90.0),
        ("=2500ms", 2.5),
        ("=1h", 3600.0),
        ("=1s", 30.0),
        ("=1500us", 30.0),
    ],
)
def test_minio_takes_its_own_drive_timeout_for_what_is_too_little(said: str, seconds: float) -> None:
    assert seconds_of(f"{NAME}{said}" if said else "") == seconds
