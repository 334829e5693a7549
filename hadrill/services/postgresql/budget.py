"""How long clients may be without PostgreSQL, from what Patroni and the proxies are set to now.

Source: Patroni's documentation of ttl, loop_wait and retry_timeout; its ha.py; pysyncobj's election timeouts.
"""

from collections.abc import Mapping
from typing import Any

from hadrill.faults import Kind
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.client_parts import TURN, hang
from hadrill.services.errors import NoLeaderError, reading
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.proxies import checks_of, haproxy_on, pgbouncer_parts
from hadrill.timing import Budget, Part, budget, duration

ELECTION_SECONDS = 1.4
"""pysyncobj: a new Raft leader is elected after 0.4 to 1.4 s."""
WAKE_SECONDS = 2.0
"""Replicas wake up when the leader's key goes, look at one another's positions, and one takes the key."""
PROMOTE_SECONDS = 2.0
"""pg_promote, until the server takes writes."""
SHUTDOWN_SECONDS = 5.0
"""A fast shutdown with its checkpoint; the key is released a second later."""
RESTART_SECONDS = 10.0
"""Unit, container and Patroni start again, its Raft store joins, and PostgreSQL recovers from its crash."""


def postgresql_budget(
    service: Postgresql, remote: Remote, kind: Kind, role: str, multiplier: float, settings: Mapping[str, str]
) -> Budget:
    """A sum of parts. `ttl` and `loop_wait` may be replaced."""
    if role != "leader":
        return budget([TURN], multiplier)
    proxy = service.proxies[0]
    tail = [
        Part("promote", PROMOTE_SECONDS, "pg_promote"),
        checks_of(haproxy_on(service.inventory, proxy), remote, proxy, service.backend).up(),
        *(pgbouncer_parts(service.inventory, remote, proxy) if service.has_pool else ()),
        TURN,
        hang(kind),
    ]
    live, source = _live(service)
    live |= {name: duration(value, 1.0) for name, value in settings.items()}
    elect = Part("elect", WAKE_SECONDS, "ha.py")
    if kind in (Kind.STOP, Kind.PLANNED):
        return budget([Part("shutdown", SHUTDOWN_SECONDS, "fast shutdown"), elect, *tail], multiplier)
    if kind is Kind.RESTART:
        loop = Part("loop_wait", live["loop_wait"], source)
        return budget([loop, Part("restart", RESTART_SECONDS, "unit, Patroni, crash recovery"), *tail], multiplier)
    ttl = Part("ttl", live["ttl"], source)
    return budget([ttl, Part("raft", ELECTION_SECONDS, "pysyncobj"), elect, *tail], multiplier)


def _live(service: Postgresql) -> tuple[dict[str, Any], str]:
    reasons = []
    for host in service.members:
        try:
            live = service.dynamic_configuration(host)
            with reading(f"Patroni on {host}"):
                return {name: float(live[name]) for name in ("ttl", "loop_wait")}, f"live, {host}"
        except failures() as error:
            reasons.append(f"{host}: {error}")
    raise NoLeaderError("no member tells Patroni's configuration: " + "; ".join(reasons))
