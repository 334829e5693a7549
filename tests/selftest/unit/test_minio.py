"""What MinIO's clients make of its answers."""

import hashlib
import io
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hadrill.inventory import Inventory, read
from hadrill.remote import Remote
from hadrill.services.minio import workload
from hadrill.services.minio.cluster import MinioCluster
from hadrill.services.minio.drive import NAME, seconds_of
from hadrill.services.minio.service import Minio
from hadrill.services.minio.workload import READ_BACK, MinioPlace, NoQuorumError, body_of, sampled
from hadrill.services.place import shown_by
from hadrill.workload import FAIL, OK, History, Operation
from hadrill.workload.invariants import went_back


def test_a_key_that_drives_disagree_about_is_a_failed_read_and_is_told(lab_inventory: Inventory) -> None:
    history = History()
    history.add(Operation("d-1", "read new 9000", 0.0, 0.1, OK, "", ""))
    error = f"{NoQuorumError.__name__}: no object d-1, which was acknowledged"
    history.add(Operation("d-2", "read new 9000", 0.1, 0.2, FAIL, "", error, failure=NoQuorumError.__name__))
    place = MinioPlace(Minio(lab_inventory), "d")
    assert went_back(history.operations(), partial(shown_by, place)) == ""
    assert place.remarks(history) == ["1 reads of acknowledged objects ended in NoSuchKey: counted as failed reads"]


def test_the_only_node_that_clients_reach_is_a_weakness_by_name(lab_inventory: Inventory, lab: Path) -> None:
    first, second = lab_inventory.host("minio-01"), lab_inventory.host("minio-02")
    assert MinioCluster(lab_inventory, Remote(lab_inventory)).weakness(first) == ""
    with (lab / "settings.yaml").open("a", encoding="utf-8") as settings:
        settings.write("minio: {entry: node}\n")
    alone = read(lab)
    cluster = MinioCluster(alone, Remote(alone))
    assert cluster.weakness(first).startswith("clients reach MinIO through minio-01 alone (minio.entry: node")
    assert cluster.weakness(second) == ""


class Node:
    """A node that lists what it was told to list, and says of each other key so many times that it is not there."""

    exceptions = SimpleNamespace(NoSuchKey=LookupError)

    def __init__(self, listed: set[str], hidden: dict[str, float]) -> None:
        self.listed, self.hidden = listed, hidden

    def get_paginator(self, _: str) -> "Node":
        """Of the only listing that there is."""
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        """All in one page."""
        tags = {key: hashlib.md5(body_of(key), usedforsecurity=False).hexdigest() for key in self.listed}
        return [{"Contents": [{"Key": key, "ETag": f'"{tag}"'} for key, tag in tags.items()]}]

    def get_object(self, **asked: str) -> dict[str, Any]:
        """The object, in full."""
        key = asked["Key"]
        if key not in self.listed and self.hidden.get(key, 0) > 0:
            self.hidden[key] -= 1
            raise self.exceptions.NoSuchKey
        return {"Body": io.BytesIO(body_of(key))}


def test_an_object_that_a_node_does_not_list_is_lost_only_where_it_does_not_read_it(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = {
        "minio-01": Node({"d-1"}, {"d-2": 2, "d-3": 0}),
        "minio-02": Node({"d-1", "d-2", "d-3"}, {}),
        "minio-03": Node({"d-1", "d-2"}, {"d-3": float("inf")}),
    }
    addresses = {lab_inventory.host(name).address: node for name, node in nodes.items()}
    monkeypatch.setattr(Minio, "client", lambda _, address: addresses[address])
    monkeypatch.setattr(workload, "SETTLE_SECONDS", 0.2)
    place = MinioPlace(Minio(lab_inventory), "d")
    keys = {"d-1", "d-2", "d-3"}
    by_host = {host.name: place.found(host, keys, History()) for host in place.readers}
    assert by_host == {"minio-01": keys, "minio-02": keys, "minio-03": {"d-1", "d-2"}}
    assert place.remarks(History()) == ["minio-01 has 2 objects that it did not list"]


@pytest.mark.parametrize("number", [0, 1, READ_BACK, READ_BACK + 1, 3 * READ_BACK, 3 * READ_BACK + 1, 700])
def test_each_node_is_read_through_for_other_objects_where_there_are_enough(number: int) -> None:
    keys = {f"d-{n}" for n in range(number)}
    parts = [sampled(keys, part) for part in range(3)]
    assert all(len(part) <= READ_BACK for part in parts)
    assert all(len(part) >= min(number, READ_BACK // 2) for part in parts)
    assert len(set().union(*parts)) >= min(number, 2 * READ_BACK)


@pytest.mark.parametrize(
    ("text", "seconds"),
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
def test_minio_takes_its_own_drive_timeout_for_what_is_too_little(text: str, seconds: float) -> None:
    assert seconds_of(f"{NAME}{text}" if text else "") == seconds
