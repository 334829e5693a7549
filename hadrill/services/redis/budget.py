"""How long clients may be without Redis, from what Sentinel is set to now.

Source: Sentinel's timers in sentinel.c (Redis 7.2): PING every second, other Sentinels asked every second, INFO every
second once the master is objectively down.
"""

from collections.abc import Mapping

from hadrill.faults import Kind
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.client_parts import TURN, hang
from hadrill.services.errors import NoLeaderError, reading
from hadrill.services.proxies import checks_of, haproxy_on
from hadrill.services.redis.service import Redis
from hadrill.timing import MILLISECOND, Budget, Part, budget, duration

TICK = 1.0
"""Sentinel's period of PING, of asking its peers, and of INFO while the master is down."""
CRON_SECONDS = 60.0
"""What cron runs most often, it runs every minute."""
HOOK_SECONDS = 1.0
"""The time from Sentinel's hook to HAProxy's new address, which the installer promises."""


def follow(service: Redis, remote: Remote) -> Part:
    """The time until the proxies lead to a new master.

    Where hadrill installed them Sentinel's hook tells them. Others' HAProxy looks for the master by its own checks, or
    has one server that something rewrites now and then. Raises one of asking.failures().
    """
    if not service.inventory.settings.adopted:
        return Part("hook", HOOK_SECONDS, "redis-update-master")
    if not service.proxies:
        return Part("follow", 0.0, "clients ask Sentinel")
    proxy = service.proxies[0]
    if len(service.front.servers(proxy, service.backend)) > 1:
        return checks_of(haproxy_on(service.inventory, proxy), remote, proxy, service.backend).up()
    if "update_interval_seconds" in service.settings.model_fields_set:
        return Part("repoint", service.settings.update_interval_seconds, "redis.update_interval_seconds")
    return Part("repoint", CRON_SECONDS, "a guess: redis.update_interval_seconds says how often its script runs")


def redis_budget(
    service: Redis, remote: Remote, kind: Kind, role: str, multiplier: float, settings: Mapping[str, str]
) -> Budget:
    """A sum of parts. `down-after` may be replaced (milliseconds, or seconds as `2s`)."""
    if role != "master":
        return budget([TURN], multiplier)
    promote = [Part("info", TICK, "sentinel.c"), follow(service, remote)]
    if kind is Kind.PLANNED:
        return budget([Part("select", TICK, "sentinel.c"), *promote, TURN], multiplier)
    longest, source = _asked_for(settings) or down_after(service)
    return budget(
        [
            Part("down-after", longest, source),
            Part("ping", TICK, "sentinel.c"),
            Part("ask", TICK, "sentinel.c"),
            Part("vote", TICK, "sentinel.c"),
            *promote,
            TURN,
            hang(kind),
        ],
        multiplier,
    )


def _asked_for(settings: Mapping[str, str]) -> tuple[float, str] | None:
    return (duration(settings["down-after"], MILLISECOND), "asked for") if "down-after" in settings else None


def down_after(service: Redis) -> tuple[float, str]:
    """Seconds after which the slowest Sentinel calls a silent master down, and whose it is. Raises NoLeaderError."""
    told: dict[str, float] = {}
    for host in service.members:
        try:
            known = service.sentinel_master(host)
            with reading(f"Sentinel on {host}"):
                told[host.name] = int(known["down-after-milliseconds"]) / 1000
        except failures():
            continue
    if not told:
        raise NoLeaderError("no Sentinel says what down-after is")
    slowest = max(told, key=lambda name: told[name])
    return told[slowest], f"live, {slowest}"
