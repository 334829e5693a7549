"""How long clients may be without Redis, from what Sentinel is set to now.

Source: Sentinel's timers in sentinel.c (Redis 7.2): PING every second, other Sentinels asked every second, INFO every
second once the master is objectively down.
"""

from collections.abc import Mapping

from hadrill.faults import Kind
from hadrill.services.asking import failures
from hadrill.services.client_parts import TURN, hang
from hadrill.services.errors import NoLeaderError, reading
from hadrill.services.redis.service import Redis
from hadrill.timing import MILLISECOND, Budget, Part, budget, duration

TICK = 1.0
"""Sentinel's period of PING, of asking its peers, and of INFO while the master is down."""
HOOK_SECONDS = 1.0
"""The time from Sentinel's hook to HAProxy's new address, which the installer promises."""


def redis_budget(service: Redis, kind: Kind, role: str, multiplier: float, settings: Mapping[str, str]) -> Budget:
    """A sum of parts. `down-after` may be replaced (milliseconds, or seconds as `2s`)."""
    if role != "master":
        return budget([TURN], multiplier)
    promote = [Part("info", TICK, "sentinel.c"), Part("hook", HOOK_SECONDS, "redis-update-master")]
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
