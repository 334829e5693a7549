"""From a seed to a schedule, which depends only on the seed, the duration, the inventory and its weights."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from hadrill.chaos.schedule import SAME, Round, Schedule, ScheduleError, Step
from hadrill.faults import all_stops
from hadrill.inventory import Inventory, NamedCluster
from hadrill.services.abilities import HandsOver
from hadrill.services.clusters import CLUSTERS
from hadrill.services.member_roles import behind, member_roles, usual

SHORTEST_ROUND_SECONDS = 15.0
"""No round is shorter: a schedule holds as many rounds as could be made at most; the run ends when its time is over."""
FAULTS: dict[str, float] = {
    "container-kill": 3,
    "container-stop": 2,
    "container-pause": 2,
    "power-off": 2,
    "isolate": 2,
    "process-kill": 2,
    "switchover": 2,
    "slow-link": 1,
    "reject": 0,
    "cut-one-way": 1,
    "reboot": 0,
}
"""What is drawn, and how often beside the others; `chaos.faults` in settings.yaml changes it."""
STOP_WEIGHT = 2.0
"""The weight of each COMPONENT-stop."""
SHAPES: dict[str, float] = {"single": 6, "again": 2, "slow": 2, "proxy": 1, "rolling": 1, "calm": 2}
"""One fault; the same host again before it converged; a slow link elsewhere under a fault; a proxy that goes when the
fault is noticed; all members in turn; nothing, so that others' faults would be seen. `chaos.shapes` changes it."""
PASSING = ("switchover", "slow-link", "reboot")
"""Faults that leave the member there, or after which it comes back by itself."""
CUTS = ("isolate", "reject", "cut-one-way")
AGAIN = ("container-kill", "process-kill", "container-stop")
"""What the same host may get as a second fault, besides each COMPONENT-stop that all its roles can have."""
HOLDS = (0.0, 2.0, 5.0)
DELAYS = (0.0, 0.2, 1.0, 3.0)
CALM_SECONDS = 15.0
SLOW_SECONDS = 20.0
CUT_SECONDS = 10.0
"""How long a cut under another fault lasts: one that ended before anybody noticed it would show nothing."""


def draw(
    seed: int, duration_s: float, inventory: Inventory, services: Sequence[str] = (), clusters: Sequence[str] = ()
) -> Schedule:
    """The schedule of a seed, for all clusters of the inventory or some. Raises ScheduleError for unknown weights."""
    weights = inventory.settings.chaos
    faults = _changed({**FAULTS, **dict.fromkeys(all_stops(), STOP_WEIGHT)}, weights.faults, "chaos.faults")
    shapes = _changed(SHAPES, weights.shapes, "chaos.shapes")
    here = [
        cluster
        for name in CLUSTERS
        if not services or name in services
        for cluster in inventory.clusters_of(name)
        if not clusters or cluster.name in clusters
    ]
    number = math.ceil(duration_s / SHORTEST_ROUND_SECONDS)
    by_cluster = [list(_RoundSource(seed, cluster, inventory, faults, shapes).rounds(number)) for cluster in here]
    in_turn = [drawn for row in zip_longest(*by_cluster) for drawn in row if drawn is not None]
    rounds = tuple(replace(drawn, number=n) for n, drawn in enumerate(in_turn, start=1))
    return Schedule(seed, inventory.settings.name, duration_s, rounds)


def _changed(usual: Mapping[str, float], given: Mapping[str, float], where: str) -> dict[str, float]:
    if strange := sorted(set(given) - set(usual)):
        raise ScheduleError(f"settings.yaml: {where}: no {strange[0]!r}: there are {', '.join(usual)}")
    return {**usual, **given}


class _RoundSource:
    """Draws the rounds of one cluster, by a random generator of its own: other clusters change nothing in them."""

    def __init__(
        self,
        seed: int,
        cluster: NamedCluster,
        inventory: Inventory,
        faults: Mapping[str, float],
        shapes: Mapping[str, float],
    ) -> None:
        self._chance = random.Random(f"{seed}/{cluster}")  # noqa: S311 - the same seed must give the same schedule
        service = cluster.service
        self._cluster, self._kind, self._faults = cluster, CLUSTERS[service], faults
        self._roles = {role.name: role.faults for role in member_roles(service)}
        self._usual = usual(service)
        self._members = [host.name for host in cluster.members]
        about = inventory.about(cluster)
        self._proxies = [host.name for proxy in CLUSTERS if service in behind(proxy) for host in about.of_role(proxy)]
        alone = bool(behind(service))
        # The clients of proxies are those of the clusters behind them, whose own calm rounds say the same.
        possible = {"single"} if alone else set(shapes) - (set() if self._proxies else {"proxy"})
        self._shapes = {name: weight for name, weight in shapes.items() if name in possible}

    def rounds(self, number: int) -> Iterator[Round]:
        """So many rounds, not numbered yet."""
        service, name = self._cluster.service, "" if self._cluster.only else self._cluster.name
        for _ in range(number if any(self._shapes.values()) else 0):
            shape = self._one_of(self._shapes)
            yield Round(0, service, tuple(self._steps(shape)), CALM_SECONDS if shape == "calm" else 0.0, name)

    def _steps(self, shape: str) -> Iterator[Step]:
        hold = self._chance.choice(HOLDS)
        if shape == "rolling":
            yield from (
                Step(self._kind.traits.restarted_by, host, "whole" if n else "begin", 0.0, 0.0)
                for n, host in self._counted()
            )
        elif shape != "calm":
            role = self._chance.choice(list(self._roles))
            if shape == "slow":
                others = [other for other in self._roles if other != role and self._may_be_slow(other)]
                role = role if others else self._usual
                yield Step("slow-link", self._chance.choice(others or [role]), "begin", 0.0, SLOW_SECONDS)
                fault, delay = self._fault(role, lasting=True), self._chance.choice(DELAYS)
                yield Step(fault, role, "inject", delay, CUT_SECONDS if fault in CUTS else hold)
                return
            yield Step(self._fault(role, lasting=shape != "single"), role, "begin", 0.0, hold)
            delay = self._chance.choice(DELAYS)
            if shape == "again":
                again = [fault for fault in AGAIN if fault in self._roles[self._usual]]
                again += [name for name in all_stops() if all(name in faults for faults in self._roles.values())]
                yield Step(self._chance.choice(again), SAME, "heal", delay, self._chance.choice(HOLDS))
            elif shape == "proxy":
                proxy = self._chance.choice(self._proxies)
                yield Step("container-stop", proxy, self._chance.choice(("inject", "detect")), delay, 3.0)

    def _counted(self) -> Iterator[tuple[int, str]]:
        return enumerate(self._chance.sample(self._members, len(self._members)))

    def _fault(self, role: str, *, lasting: bool) -> str:
        """A fault for a role. `lasting`: one that takes the member away, so that others can happen meanwhile."""
        known = {name: weight for name, weight in self._faults.items() if name in self._roles[role]}
        if lasting:
            known = {name: weight for name, weight in known.items() if name not in PASSING}
        if role != self._usual or not issubclass(self._kind, HandsOver):
            known.pop("switchover", None)
        return self._one_of(known)

    def _may_be_slow(self, role: str) -> bool:
        """Whether members in this role have a link of their own; one beside another member on its host has not."""
        return "slow-link" in self._roles[role]

    def _one_of(self, weights: Mapping[str, float]) -> str:
        if not any(weights.values()):
            raise ScheduleError(f"settings.yaml: chaos.faults: nothing is left to draw for {self._cluster}")
        return self._chance.choices(list(weights), list(weights.values()))[0]
