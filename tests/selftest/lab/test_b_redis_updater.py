"""HAProxy follows the Redis master at once by Sentinel's hook, and by its timer where the hook is lost."""

from collections.abc import Callable, Iterator

import pytest

from hadrill.install.redis import find_master
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.redis.service import SENTINEL_PORT, Redis
from hadrill.timing import Deadline, eventually

PROMOTION_SECONDS = 30.0
# Shorter than the timer's 15 s could explain for both proxies, longer than any hook takes.
HOOK_SECONDS = 5.0
TIMER_SECONDS = 25.0


def fail_over(service: Redis) -> Host:
    """A planned failover; the new master, once every Sentinel names it."""
    old = find_master(service)
    with service.client(service.members[0].address, SENTINEL_PORT) as client:
        client.execute_command("SENTINEL", "FAILOVER", service.settings.master_name)

    def disagreement() -> str | None:
        named = {service.sentinel_master(host)["ip"] for host in service.members}
        return None if len(named) == 1 and old.address not in named else f"{named}"

    eventually("all Sentinels to name another master", disagreement, Deadline(PROMOTION_SECONDS))
    return find_master(service)


def writable(service: Redis) -> str | None:
    """None where both proxies take writes; otherwise which does not, and why."""
    for proxy in service.proxies:
        try:
            with service.client(proxy.address) as client:
                client.set("hadrill:check:updater", "1", ex=60)
        except failures() as error:
            return f"{proxy}: {error}"
    return None


@pytest.fixture
def stopped(lab_inventory: Inventory, ssh: Remote) -> Iterator[Callable[[str], None]]:
    """Stop a unit on both proxies; all are started again afterwards."""
    proxies = Redis(lab_inventory).proxies
    units: list[str] = []

    def stop(unit: str) -> None:
        units.append(unit)
        for proxy in proxies:
            ssh.run(proxy, f"systemctl stop {unit}")

    yield stop
    for proxy in proxies:
        ssh.run(proxy, f"systemctl start {' '.join(units)}")


@pytest.mark.usefixtures("healed")
def test_the_hook_alone_repoints_both_proxies(lab_inventory: Inventory, stopped: Callable[[str], None]) -> None:
    stopped("redis-update-master.timer")
    service = Redis(lab_inventory)
    fail_over(service)
    eventually("both proxies to lead to the new master", lambda: writable(service), Deadline(HOOK_SECONDS))


@pytest.mark.usefixtures("healed")
def test_the_timer_alone_repoints_both_proxies(lab_inventory: Inventory, stopped: Callable[[str], None]) -> None:
    stopped("redis-update-master.socket")
    service = Redis(lab_inventory)
    fail_over(service)
    eventually("both proxies to lead to the new master", lambda: writable(service), Deadline(TIMER_SECONDS))
