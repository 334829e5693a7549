"""Data that is not a drill's: a drill that would destroy it is refused, and one that did is no pass."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.redis.cluster import RedisCluster
from hadrill.services.redis.service import Redis
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import run_suite, until_healthy
from tests.selftest.sabotage.bench import Sabotage, everywhere, sabotaged

KEYS = 10_000
SETTLE_SECONDS = 60.0
KILL = ("--service", "redis", "--role", "master", "--fault", "redis-kill", "--no-page")
CONF, DATA = "/etc/hadrill/redis/redis.conf", "/var/lib/hadrill/redis"
# What Sentinel has Redis write down would outlive the file that it is read before.
FORGET = (
    f"cp -p {CONF} {CONF}.right; sed -i 's/^appendonly yes/appendonly no\\nsave \"\"/' {CONF};"
    f" systemctl stop hadrill-redis; rm -rf {DATA}/appendonlydir {DATA}/dump.rdb; systemctl start hadrill-redis"
)
REMEMBER = (
    f"[ ! -e {CONF}.right ] || {{ systemctl stop hadrill-redis; mv {CONF}.right {CONF};"
    f" sed -i '/^save/d; /^appendonly /d' {DATA}/state.conf; systemctl start hadrill-redis; }}"
)


@pytest.fixture
def forgetful(lab_inventory: Inventory, ssh: Remote) -> Iterator[RedisCluster]:
    """Redis that keeps nothing on disk, with keys of somebody else on every member."""
    until_healthy(lab_inventory)
    cluster = RedisCluster(lab_inventory, ssh)
    case = Sabotage("nothing on disk", everywhere(cluster.members, FORGET, REMEMBER))
    try:
        with sabotaged(lab_inventory, ssh, case):
            eventually("Redis to be whole without a disk", cluster.why_not_healthy, Deadline(SETTLE_SECONDS))
            with cluster.redis.client(cluster.leader().address) as client, client.pipeline() as batch:
                batch.mset({f"somebody:{number}": "else" for number in range(KEYS)})
                batch.execute()
            eventually("every member to have the keys", lambda: _fewer(cluster), Deadline(SETTLE_SECONDS))
            yield cluster
    finally:
        until_healthy(lab_inventory)
        _disk_is_used(cluster.redis)


def _fewer(cluster: RedisCluster) -> str | None:
    counts = {host.name: cluster.foreign(host).lasting for host in cluster.members}
    return None if set(counts.values()) == {KEYS} else str(counts)


def _disk_is_used(redis: Redis) -> None:
    for host in redis.members:
        with redis.client(host.address) as client:
            assert client.config_get("appendonly")["appendonly"] == "yes", f"{host} was left without its disk"


def drilled(reports: Path, *options: str) -> dict[str, Any]:
    """The one drill's result, with what the run printed."""
    summary = run_suite("tests/failover", reports, *KILL, *options)
    (drill,) = summary["drills"]
    return {**drill, "console": summary["console"]}


def test_a_drill_that_would_destroy_data_of_others_is_refused_and_by_force_it_fails(
    forgetful: RedisCluster, tmp_path: Path
) -> None:
    master = forgetful.leader()
    refused = drilled(tmp_path / "refused")
    assert refused["verdict"] == "inconclusive", refused["console"]
    assert (
        f'{master} keeps nothing on disk (appendonly no, save "") and its unit starts it again after 1 s,'
        f" down-after is 5 s: 10,000 keys that are not this drill's would be gone"
    ) in refused["cause"]
    assert _fewer(forgetful) is None
    forced = drilled(tmp_path / "forced", "--force")
    assert forced["verdict"] == "failed", forced["console"]
    assert forced["cause"].startswith("the data set is gone: 10,000 keys before, 0 after"), forced["cause"]
    assert (forced["foreign_before"], forced["foreign_after"]) == (KEYS, 0)
