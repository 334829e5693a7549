"""topology.yaml: clusters as they are, where servers.tsv, settings.yaml and the services' records do not say it.

The file is optional, and so is each of its parts: what it does not say is derived.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from hadrill.inventory.document import flaws, place_of, read_document
from hadrill.inventory.host import Host
from hadrill.inventory.problem import Problem
from hadrill.inventory.servers import NAME
from hadrill.inventory.settings import BalancerCheck, Frozen, Port, one_of
from hadrill.services import registry
from hadrill.services.service import CONTAINER, CONTAINER_UNIT, INSIDE, PLACEMENTS, UNIT, UNTOLD, Component, Service

FILE = "topology.yaml"


def _shaped(shape: re.Pattern[str], must_be: str) -> AfterValidator:
    def check(value: str) -> str:
        if value and not shape.fullmatch(value):
            raise ValueError(f"{value!r} must be {must_be}")
        return value

    return AfterValidator(check)


Name = Annotated[str, Field(min_length=1), _shaped(NAME, "letters, digits and inner '.', '_' and '-'")]
Word = Annotated[str, _shaped(registry.WORD, "letters, digits, '.', '_' and '-'")]
UnitName = Annotated[str, _shaped(registry.UNIT_NAME, "a unit's name of letters, digits and '.:@_-'")]
Placement = Annotated[str, one_of(lambda: PLACEMENTS)]
AbsolutePath = Annotated[
    str,
    _shaped(re.compile(f"/(?:{registry.PATH.pattern})?"), "a path from '/' on, of letters, digits and '.:@_+=-'"),
]
Told = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
    _shaped(
        re.compile(rf"{UNTOLD}|[0-9]{{1,5}}(?:/[A-Za-z0-9_.;?=/-]*)?|/{registry.PATH.pattern}"),
        f"a port with the path of its page (8404/stats), the path of a socket, or {UNTOLD}",
    ),
]
BETWEEN = ("balancer", "vip")
"""What stands between clients and members, besides proxies."""


def between() -> tuple[str, ...]:
    """All that may: what proxies' services run too."""
    fronts = (registry.service_of(front.role) for known in registry.services() for front in known.fronts)
    proxies = dict.fromkeys(front for front in fronts if front is not None)
    words = (word for front in proxies for word in (front.name, *(part.name for part in front.components)))
    return tuple(dict.fromkeys((*BETWEEN, *words)))


Between = Annotated[str, one_of(between)]


class WayInEntry(Frozen):
    """Where clients connect to reach a port of the service."""

    port: Port
    """The service's usual port that it stands for."""
    address: IPv4Address
    at: Port | None = None
    """The port of that address; the usual one where it is not said."""
    target: Port | None = None
    """The port that what stands between connects to, where that is another."""
    between: tuple[Between, ...] = ()
    """What stands between there and a member, in the order in which clients meet it; empty: it is a member's own."""
    backend: Word = ""
    """HAProxy's backend, where it has another name than the installer gives."""
    name: str = ""
    check: BalancerCheck = BalancerCheck()


class ComponentEntry(Frozen):
    """How a component runs where it is not as the service's record has it; what is left out is as there."""

    placement: Placement | None = None
    unit: UnitName = ""
    container: Word = ""
    inside: Word = ""
    configuration: AbsolutePath = ""
    data: AbsolutePath = ""
    statistics: Told = ""
    """Where it tells of itself: a port and the path of its page, the path of a socket on its host, or `none`."""
    ports: dict[Port, Port] = Field(default_factory=dict)
    """Where it listens, by the usual port."""


class ClusterEntry(Frozen):
    """One cluster of a service. `members` are those of servers.tsv with that cluster where nothing is said."""

    name: Name
    service: str
    members: tuple[str, ...] = ()
    credentials: Word = ""
    """A folder below credentials/ with this cluster's own files; usually one of its name, where that exists."""
    proxies: tuple[str, ...] = ()
    """Clusters of proxies that its clients come through, where there are several."""
    ways_in: tuple[WayInEntry, ...] = ()
    components: dict[str, ComponentEntry] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    """What holds for it instead of its service's section of settings.yaml."""


class Topology(Frozen):
    """What the file says."""

    clusters: tuple[ClusterEntry, ...] = ()

    def entry(self, service: str, name: str) -> ClusterEntry:
        """What is said of a cluster; nothing where it is not named."""
        named = (entry for entry in self.clusters if (entry.service, entry.name) == (service, name))
        return next(named, ClusterEntry(name=name, service=service))


def read_topology(folder: Path, problems: list[Problem]) -> Topology | None:
    """The file, nothing where there is none, or None after telling every mistake in `problems`."""
    file = folder / FILE
    return read_document(file, Topology, problems) if file.exists() else Topology()


def broken_topology(file: Path, topology: Topology, hosts: Sequence[Host], *, complete: bool) -> Iterator[Problem]:
    """What does not fit into the inventory, each with its place. Hosts that are missing count where all are known."""
    seen: set[tuple[str, str]] = set()
    taken: dict[tuple[str, str], str] = {}
    for index, entry in enumerate(topology.clusters):
        place: tuple[int | str, ...] = ("clusters", index)
        record = next((known for known in registry.services() if known.name == entry.service), None)
        if record is None:
            services = ", ".join(known.name for known in registry.services())
            yield _at(file, (*place, "service"), f"no service {entry.service!r}", f"Use one of: {services}.")
            continue
        if (entry.service, entry.name) in seen:
            what = f"cluster {entry.name} of {entry.service} stands twice"
            yield _at(file, (*place, "name"), what, "Keep one of them.")
        seen.add((entry.service, entry.name))
        yield from _members_twice(file, place, entry, taken)
        yield from _broken_members(file, place, entry, record, hosts, complete=complete)
        yield from _broken_ways(file, place, entry, record)
        yield from _broken_components(file, place, entry, record)
        yield from _broken_settings(file, (*place, "settings"), entry, record)


def _members_twice(
    file: Path, place: tuple[int | str, ...], entry: ClusterEntry, taken: dict[tuple[str, str], str]
) -> Iterator[Problem]:
    """Members that this entry or an earlier one of the service has named: the later would take them silently."""
    for number, name in enumerate(entry.members):
        owner = taken.setdefault((entry.service, name), entry.name)
        if owner != entry.name or name in entry.members[:number]:
            where = f"in {owner} and in {entry.name}" if owner != entry.name else f"twice in {entry.name}"
            what = f"{name} is a member {where} of {entry.service}"
            remedy = "A host is in one cluster of a service: keep it once."
            yield _at(file, (*place, "members", number), what, remedy)


def _broken_members(
    file: Path,
    place: tuple[int | str, ...],
    entry: ClusterEntry,
    record: Service,
    hosts: Sequence[Host],
    *,
    complete: bool,
) -> Iterator[Problem]:
    roles = {role.name for role in record.roles}
    by_name = {host.name: host for host in hosts}
    for number, name in enumerate(entry.members):
        where = (*place, "members", number)
        if name not in by_name and complete:
            remedy = "Correct the name, or add its row to servers.tsv."
            yield _at(file, where, f"{entry.name}: no host {name!r}", remedy)
        elif name in by_name and not roles & set(by_name[name].roles):
            what = f"{entry.name}: {name} is {', '.join(by_name[name].roles)} in servers.tsv, not {record.name}"
            yield _at(file, where, what, f"Give it the role {' or '.join(sorted(roles))} there, or take it out here.")
    named = any(entry.name == host.cluster_as(role) for host in hosts for role in roles & set(host.roles))
    if not entry.members and not named and complete:
        what = f"no host of {record.name} has the cluster {entry.name!r}"
        yield _at(file, (*place, "name"), what, "Write that name into servers.tsv, or name `members` here.")
    fronts = {front.role for front in record.fronts}
    for number, proxies in enumerate(entry.proxies):
        known = {host.cluster_as(role) for host in hosts for role in fronts & set(host.roles)}
        if proxies not in known and complete:
            there_are = ", ".join(sorted(known)) or "none"
            what = f"{entry.name}: no proxies {proxies!r}: there are {there_are}"
            yield _at(file, (*place, "proxies", number), what, "Name a cluster of proxies as in servers.tsv.")


def _broken_ways(file: Path, place: tuple[int | str, ...], entry: ClusterEntry, record: Service) -> Iterator[Problem]:
    ports = usual_ports(record)
    for number, way in enumerate(entry.ways_in):
        if way.port not in ports:
            there_are = ", ".join(map(str, sorted(ports)))
            what = f"{entry.name}: {record.name} has no port {way.port}: it has {there_are}"
            remedy = "`port` is the service's usual one; where clients connect is `at`."
            yield _at(file, (*place, "ways_in", number, "port"), what, remedy)
        if way.port in {before.port for before in entry.ways_in[:number]}:
            what = f"{entry.name}: two ways in for port {way.port}"
            yield _at(file, (*place, "ways_in", number, "port"), what, "Keep the one that applications use.")


KEYS = {UNIT: ("unit",), CONTAINER: ("container",), CONTAINER_UNIT: ("unit", "container"), INSIDE: ("inside",)}
"""What says where a component runs, by its placement."""


def _broken_components(
    file: Path, place: tuple[int | str, ...], entry: ClusterEntry, record: Service
) -> Iterator[Problem]:
    parts = {part.name: part for part in record.components}
    for name, changed in entry.components.items():
        where = (*place, "components", name)
        if name not in parts:
            what = f"{entry.name}: {record.name} has no component {name!r}"
            yield _at(file, where, what, f"Use one of: {', '.join(parts)}.")
            continue
        own = sorted({port.number for role in record.roles for port in role.ports})
        for usual in changed.ports:
            if usual not in own:
                what = f"{entry.name}: {record.name} has no port {usual}: it has {', '.join(map(str, own))}"
                yield _at(file, (*where, "ports", usual), what, "Write the usual port first: `ports: {USUAL: OWN}`.")
        placement = changed.placement or parts[name].placement
        for key in ("unit", "container", "inside"):
            if getattr(changed, key) and key not in KEYS[placement]:
                what = f"{entry.name}: {name} has `{key}`, and its placement is {placement}"
                yield _at(file, (*where, key), what, f"Take `{key}` out, or correct `placement`.")
        if placement == INSIDE and (reason := _why_not_inside(name, entry, parts)):
            carriers = sorted(other for other in parts if other != name)
            remedy = f"Say `inside:` with one of {', '.join(carriers)} that has another placement."
            yield _at(file, where, f"{entry.name}: {name} {reason}", remedy)


def _broken_settings(
    file: Path, place: tuple[int | str, ...], entry: ClusterEntry, record: Service
) -> Iterator[Problem]:
    if not entry.settings:
        return
    if not record.settings:
        yield _at(file, place, f"{entry.name}: {record.name} has no settings of its own", "Take `settings` out.")
        return
    try:
        registry.load(record.settings).model_validate(entry.settings)
    except ValidationError as error:
        for problem in flaws(file, error, lambda loc: place_of(file, (*place, *loc))):
            yield replace(problem, message=f"{entry.name}: {problem.message}")


def _why_not_inside(name: str, entry: ClusterEntry, parts: Mapping[str, Component]) -> str:
    """Why a component cannot run inside the one that is named; empty where it can."""
    if not parts[name].processes:
        return "has no process by which it would be known inside another"
    passed = [name]
    while True:
        changed, part = entry.components.get(passed[-1], ComponentEntry()), parts[passed[-1]]
        if (changed.placement or part.placement) != INSIDE:
            return ""
        carrier = changed.inside or part.inside
        if carrier not in parts:
            return f"runs inside {carrier!r}, which is no component" if carrier else "runs inside nothing"
        if carrier in passed:
            return f"runs inside {carrier}, which leads back to it"
        passed.append(carrier)


def usual_ports(record: Service) -> set[int]:
    """Ports of a service's hosts, and those that proxies have for it."""
    own = {port.number for role in record.roles for port in role.ports}
    return own | {port.number for front in record.fronts for port in front.ports}


def _at(file: Path, path: tuple[int | str, ...], what: str, remedy: str) -> Problem:
    return Problem(file, *place_of(file, path), what, remedy)
