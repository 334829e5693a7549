"""How a service is examined: what its hosts are asked, what that means, and which rules judge it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic

from hadrill.diagnosis.common import commands
from hadrill.diagnosis.diagnosis import Diagnosis
from hadrill.diagnosis.facts import Facts, HostFacts, Order
from hadrill.diagnosis.reach import why_nobody_answers
from hadrill.diagnosis.rule import Rule, ServiceView
from hadrill.inventory import Host
from hadrill.remote import Remote

RECENT_SECONDS = 30
"""Lines of a log that are older may be about something that is mended."""


@dataclass(frozen=True)
class Examination(Generic[ServiceView]):
    """How one service is examined. `orders` and `view` take the service's own object, `orders` also a time for logs."""

    service: str
    orders: Callable[[Any, int], Mapping[Host, Order]]
    view: Callable[..., ServiceView]
    rules: tuple[Rule[ServiceView], ...]

    def diagnose(
        self,
        service: object,
        remote: Remote,
        *,
        since_seconds: int = 0,
        victim: str = "",
        also: Callable[[], Mapping[str, HostFacts]] | None = None,
    ) -> Diagnosis:
        """Ask every host, and judge. Without `since_seconds` the question is what would stop a failover now.

        `also` asks who is no host, and returns its facts by a name of its own.
        """
        orders = self.orders(service, since_seconds or RECENT_SECONDS)
        facts = Facts.collect(remote, orders, commands(orders))
        if also is not None:
            facts = Facts({**facts.hosts, **also()})
        diagnosis = self.judge(service, facts, before=not since_seconds, victim=victim)
        view = self.view(service, facts, victim)
        asked = [host for host in view.service.members if host in orders and host.name != victim]
        reasons = [facts.hosts[host.name].unreachable for host in asked]
        if reasons and all(reasons):
            members = {host: orders[host] for host in asked}
            why = why_nobody_answers(self.service, view.service.inventory, members, reasons[0])
            return replace(diagnosis, unreachable=why)
        return diagnosis

    def judge(self, service: object, facts: Facts, *, before: bool, victim: str = "") -> Diagnosis:
        """Judge facts that were collected before."""
        return Diagnosis.of(self.service, self.view(service, facts, victim, before=before), self.rules)
