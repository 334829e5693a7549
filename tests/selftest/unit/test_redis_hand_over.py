"""A planned switchover of Redis to a chosen member: whose replica priority is touched, and what is put back."""

from typing import Any

import pytest
import redis

from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.errors import NotHandedOverError
from hadrill.services.redis import cluster as module
from hadrill.services.redis.cluster import RedisCluster
from hadrill.timing import OverdueError


class Members:
    """Every Redis and Sentinel: priorities by address, and each change of one."""

    def __init__(self, priorities: dict[str, int]) -> None:
        self.priorities, self.dead = priorities, ""
        self.changes: list[tuple[str, int]] = []

    def client(self, address: str, *_: object) -> Any:
        members = self

        class Client:
            def __enter__(self) -> "Client":
                return self

            def __exit__(self, *_: object) -> None:
                pass

            def config_get(self, name: str) -> dict[str, str]:
                return {name: str(members.priorities[address])}

            def config_set(self, _: str, value: int) -> None:
                if address == members.dead:
                    raise redis.ConnectionError("no answer")
                members.priorities[address] = value
                members.changes.append((address, value))

            def execute_command(self, *_: object) -> list[dict[str, str]]:
                return [{"ip": ip, "slave-priority": str(value)} for ip, value in members.priorities.items()]

        return Client()


@pytest.fixture
def cluster(lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> RedisCluster:
    made = RedisCluster(lab_inventory, Remote(lab_inventory))
    monkeypatch.setattr(made, "leader", lambda: made.members[0])
    monkeypatch.setattr(made.redis, "fail_over", lambda _: None)
    monkeypatch.setattr(module, "INFO_SECONDS", 0.1)
    return made


def handed(cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch, *priorities: int) -> tuple[Members, Host]:
    members = Members(dict(zip((host.address for host in cluster.members), priorities, strict=True)))
    monkeypatch.setattr(cluster.redis, "client", members.client)
    return members, cluster.members[1]


def test_only_the_chosen_member_is_changed_and_put_back(cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    members, to = handed(cluster, monkeypatch, 100, 50, 0)
    cluster.hand_over(to)
    assert members.changes == [(to.address, 1), (to.address, 50)]


@pytest.mark.parametrize(
    ("priorities", "why"), [((100, 0, 100), "never to be the master"), ((100, 100, 1), "cannot be put before redis-03")]
)
def test_a_member_that_is_not_to_lead_is_refused_before_anything_is_changed(
    cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch, priorities: tuple[int, ...], why: str
) -> None:
    members, to = handed(cluster, monkeypatch, *priorities)
    with pytest.raises(NotHandedOverError, match=why):
        cluster.hand_over(to)
    assert members.changes == []


def test_what_cannot_be_put_back_is_told(cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    members, to = handed(cluster, monkeypatch, 100, 100, 100)

    def dies(_: Host) -> None:
        members.dead = to.address

    monkeypatch.setattr(cluster.redis, "fail_over", dies)
    with pytest.raises(OverdueError, match="CONFIG SET replica-priority 100"):
        cluster.hand_over(to)
