"""Which members form a cluster, and how clients come to them, from what every program says."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from hadrill.adopt.recognise import Part
from hadrill.adopt.survey import Survey
from hadrill.inventory import Host
from hadrill.services import registry
from hadrill.services.adopting import Lead
from hadrill.services.service import Port, Service

LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEEPEST = 3
"""So many proxies may stand one behind the other; more are a circle."""


@dataclass(frozen=True)
class Way:
    """A port of a proxy that leads to a cluster: where it listens, what is on the way, and the members' own port."""

    host: Host
    usual: int
    at: int
    target: int
    between: tuple[str, ...]
    backend: str = ""


@dataclass(frozen=True)
class Group:
    """A cluster as it was found. A cluster of proxies has no ways in of its own."""

    service: str
    name: str
    members: tuple[Host, ...]
    parts: tuple[Part, ...] = ()
    ways: tuple[Way, ...] = ()
    proxies: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Peers that its members name, and that nobody looked at."""

    @property
    def record(self) -> Service:
        """Its service's."""
        return registry.service(self.service)

    @property
    def role(self) -> str:
        """The role of its hosts."""
        return self.record.roles[0].name


def front_roles() -> set[str]:
    """Roles of hosts that stand before other services."""
    return {front.role for known in registry.services() for front in known.fronts}


@dataclass(frozen=True)
class Grouping:
    """Everything that was seen, put together. `surveys` are those of hosts that answered."""

    surveys: Sequence[Survey]
    parts: Sequence[Part]
    _names: dict[str, Host] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """A name that two hosts have, like a shared address, is nobody's."""
        counted = Counter(name for one in self.surveys for name in one.names)
        self._names.update({name: one.host for one in self.surveys for name in one.names if counted[name] == 1})
        own = Counter(name for part in self.parts for name in set(part.told.names))
        self._names.update({name: part.host for part in self.parts for name in part.told.names if own[name] == 1})

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Clusters of services in their order, those of proxies last."""
        behind = [group for known in registry.services() for group in self._clusters(known)]
        members = {(part.host, port): group for group in behind for part in group.parts for port in part.program.ports}
        ways = list(self._ways(members))
        proxies = list(self._proxies(ways))
        made = []
        for group in behind:
            own = tuple(way for other, way, _ in ways if other is group)
            hosts = {way.host for way in own}
            names = tuple(front.name for front in proxies if hosts & set(front.members))
            made.append(
                Group(group.service, group.name, group.members, group.parts, own, names, group.missing),
            )
        return (*made, *proxies)

    def host(self, name: str) -> Host | None:
        """The host that peers call so."""
        return self._names.get(name) or self._names.get(name.partition(".")[0])

    def _clusters(self, known: Service) -> Iterator[Group]:
        """The clusters of a service that stands before no other: hosts whose members name each other."""
        parts = [part for part in self.parts if part.service == known.name]
        if {role.name for role in known.roles} & front_roles():
            return
        together: dict[Host, set[Host]] = {part.host: {part.host} for part in parts}
        for part in parts:
            for peer in filter(None, map(self.host, part.told.peers)):
                if peer in together:
                    joined = together[part.host] | together[peer]
                    together |= dict.fromkeys(joined, joined)
        taken: set[str] = set()
        for hosts in dict.fromkeys(map(frozenset, together.values())):
            own = tuple(part for part in parts if part.host in hosts)
            named = Counter(part.told.cluster for part in own if part.told.cluster)
            name = named.most_common(1)[0][0] if named else known.name
            name = name if name not in taken else f"{name}-{len(taken) + 1}"
            taken.add(name)
            missing = {peer for part in own for peer in part.told.peers if self.host(peer) is None}
            members = tuple(one.host for one in self.surveys if one.host in hosts)
            yield Group(known.name, name, members, own, missing=tuple(sorted(missing)))

    def _ways(self, members: Mapping[tuple[Host, int], Group]) -> Iterator[tuple[Group, Way, Part]]:
        """Every port of a proxy that leads to members of one cluster alone."""
        for part in self.parts:
            if not _stands_before(part.service):
                continue
            for lead in part.told.leads:
                ends = list(self._ends(part, lead, members))
                clusters = {id(group): group for group, *_ in ends}
                if len(clusters) != 1:
                    continue
                group, target, between, backend = ends[0]
                if not any(front.role in _roles(part.service) for front in group.record.fronts):
                    continue
                usual = _usual(group, part, target)
                yield group, Way(part.host, usual, lead.port, target, between, backend), part

    def _ends(
        self, part: Part, lead: Lead, members: Mapping[tuple[Host, int], Group], depth: int = 0
    ) -> Iterator[tuple[Group, int, tuple[str, ...], str]]:
        """Where a port leads in the end: the cluster, its members' port, what is passed, and the last backend."""
        for address, port in lead.servers:
            host = part.host if address in LOOPBACK else self.host(address)
            if host is None or depth >= DEEPEST:
                continue
            if (group := members.get((host, port))) is not None:
                yield group, port, (part.record.name,), lead.name
                continue
            for other in self.parts:
                for next_lead in other.told.leads if other.host == host and other.program != part.program else ():
                    if next_lead.port == port:
                        for group, target, between, backend in self._ends(other, next_lead, members, depth + 1):
                            yield group, target, (part.record.name, *between), backend

    def _proxies(self, ways: Sequence[tuple[Group, Way, Part]]) -> Iterator[Group]:
        """Hosts that lead to the same services are one cluster of proxies; of two claims the one that leads counts."""
        led: dict[tuple[str, Host], set[str]] = {}
        for group, way, part in ways:
            led.setdefault((part.service, way.host), set()).add(group.service)
        by_use: dict[tuple[str, frozenset[str]], list[Host]] = {}
        for (service, host), services in led.items():
            by_use.setdefault((service, frozenset(services)), []).append(host)
        taken: Counter[str] = Counter()
        for (service, _), hosts in by_use.items():
            taken[service] += 1
            name = service if taken[service] == 1 else f"{service}-{taken[service]}"
            parts = tuple(part for part in self.parts if part.service == service and part.host in hosts)
            yield Group(service, name, tuple(hosts), parts)


def unknown_peers(grouping: Grouping) -> dict[str, Group]:
    """Peers that nobody looked at, each with the cluster whose members name it."""
    return {peer: group for group in grouping.groups for peer in group.missing}


def _stands_before(service: str) -> bool:
    return bool(_roles(service) & front_roles())


def _roles(service: str) -> set[str]:
    return {role.name for role in registry.service(service).roles}


def _usual(group: Group, part: Part, target: int) -> int:
    """The usual port that a proxy's port stands for: that of its own program's name, or that of the members."""
    fronts: Iterable[Port] = (port for front in group.record.fronts for port in front.ports)
    titled = next((port.number for port in fronts if port.title == part.record.title), 0)
    moved = {own: usual for member in group.parts for usual, own in member.told.ports.items()}
    return titled or moved.get(target, target)
