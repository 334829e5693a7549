"""Finds all services: each has a record, in this folder or in another package.

Other packages name theirs as entry points of the group `hadrill.services`. Finding them
imports no code of a service and no driver: records are data.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hadrill.services.service import BASE, INSIDE, PLACEMENTS, RUNNER, Component, Role, Service

GROUP = "hadrill.services"
OWN_ROLES = (Role(RUNNER, size=1), Role(BASE))
"""Roles of hosts that carry no service."""
# Names become words of a host's shell, of systemd and of container engines.
WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
UNIT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@-]*")
PATH = re.compile(r"/?[A-Za-z0-9_][A-Za-z0-9_.:@+=-]*(/[A-Za-z0-9_.:@+=-]+)*/?")
_MUST_BE = {
    WORD: "letters, digits, '.', '_' and '-'",
    UNIT_NAME: "a unit's name of letters, digits and '.:@_-'",
    PATH: "a path of letters, digits and '.:@_+=-', without blanks",
}


class RegistryError(Exception):
    """Records that do not fit together."""


@cache
def services() -> tuple[Service, ...]:
    """The records of all services, in their order."""
    records = [*_own(), *_others()[0]]
    return tuple(sorted(records, key=lambda service: (service.order, service.name)))


@cache
def _own() -> tuple[Service, ...]:
    here = Path(__file__).parent
    records = [import_module(f"{__package__}.{file.parent.name}.record").SERVICE for file in here.glob("*/record.py")]
    check(records)
    return tuple(records)


def left_out() -> tuple[str, ...]:
    """Services of other packages that cannot be loaded, each with the reason. What is here works without them."""
    return _others()[1]


@cache
def folders() -> tuple[Path, ...]:
    """Where the code of other packages' services lies: the folder of each package, or a module that is in none."""
    files = (find_spec(entry.module.partition(".")[0]) for entry in entry_points(group=GROUP))
    places = (Path(spec.origin) for spec in files if spec and spec.origin)
    return tuple(place.parent if place.stem == "__init__" else place for place in places)


@cache
def _others() -> tuple[tuple[Service, ...], tuple[str, ...]]:
    records: list[Service] = []
    problems: list[str] = []
    for entry in entry_points(group=GROUP):
        try:
            record = entry.load()
        except Exception as error:  # noqa: BLE001 - whatever a stranger's module raises, healing must not wait for it
            reason = f"{type(error).__name__}: {error}"
        else:
            reason = _why_not_taken(entry.value, record, [*_own(), *records])
        if reason:
            package = entry.dist.name if entry.dist else entry.value
            problems.append(f"service {entry.name} of package {package} is left out, it cannot be loaded: {reason}")
        else:
            records.append(record)
    return tuple(records), tuple(problems)


def _why_not_taken(name: str, record: object, beside: Sequence[Service]) -> str:
    """Why another package's record is no use beside those that are there already; empty where it is."""
    if not isinstance(record, Service):
        return f"{name} is no Service record"
    try:
        check([*beside, record])
    except RegistryError as error:
        return str(error)
    except (TypeError, AttributeError) as error:  # a field that holds something else than its type says
        return f"a field of its record is of another type: {error}"
    return ""


def service(name: str) -> Service:
    """The service of that name; LookupError names those that exist."""
    for known in services():
        if known.name == name:
            return known
    raise LookupError(f"no service {name!r}: there are {', '.join(known.name for known in services())}")


@cache
def roles() -> dict[str, Role]:
    """Every role that a host may play, by name: those of services in their order, then the inventory's own."""
    return {role.name: role for role in (*(role for known in services() for role in known.roles), *OWN_ROLES)}


@cache
def service_of(role: str) -> Service | None:
    """The service that a role belongs to; None for the inventory's own roles and those that nobody knows."""
    return next((known for known in services() if role in {own.name for own in known.roles}), None)


def components_of(role: str) -> tuple[Component, ...]:
    """What hosts of a role run, whatever the settings say (see Component.when)."""
    known = service_of(role)
    return tuple(part for part in known.components if not part.roles or role in part.roles) if known else ()


def load(reference: str) -> Any:
    """The object that 'module:Name' names."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


def check(records: Sequence[Service]) -> None:
    """Names are such as hosts take, what a record refers to is there, and no two services claim one name, role, fixture
    or task. Raises RegistryError.
    """
    for record in records:
        _check_names(record)
        _check_placements(record)
        _check_member_roles(record)
    claims = {
        "service": [record.name for record in records],
        "role": [role.name for record in records for role in record.roles] + [own.name for own in OWN_ROLES],
        "fixture": [record.fixture for record in records if record.fixture],
        "task": [record.install.task for record in records if record.install],
    }
    for what, names in claims.items():
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise RegistryError(f"two services claim the {what} {twice[0]!r}: give one of them another")


def _check_names(record: Service) -> None:
    if not WORD.fullmatch(record.name):
        raise RegistryError(f"{record.name!r}: the name of a service must be {_MUST_BE[WORD]}")
    for part in record.components:
        fields = [
            ("name", part.name, WORD),
            ("unit", part.unit, UNIT_NAME),
            ("container", part.container, WORD),
            ("configuration", part.configuration, PATH),
            ("data", part.data, PATH),
            *(("processes", name, WORD) for name in part.processes),
        ]
        for field, value, shape in fields:
            # Empty means the usual, but for a name.
            if not shape.fullmatch(value) and (value or field in ("name", "processes")):
                raise RegistryError(
                    f"{record.name}: component {part.name!r}: {field} {value!r} must be {_MUST_BE[shape]}"
                )


def _check_placements(record: Service) -> None:
    parts = {part.name: part for part in record.components}
    for part in record.components:
        which = f"{record.name}: component {part.name!r}"
        if part.placement not in PLACEMENTS:
            raise RegistryError(f"{which}: no placement {part.placement!r}: write one of {', '.join(PLACEMENTS)}")
        if part.placement != INSIDE:
            if part.inside:
                raise RegistryError(f"{which}: inside {part.inside!r} needs the placement {INSIDE!r}")
            continue
        if part.inside not in parts:
            raise RegistryError(f"{which}: inside {part.inside!r} names none of {', '.join(parts)}")
        if not part.processes:
            raise RegistryError(f"{which}: the placement {INSIDE!r} needs `processes`, by which it is known there")
        carrier, passed = parts[part.inside], {part.name}
        while carrier.placement == INSIDE and carrier.name not in passed and carrier.inside in parts:
            passed.add(carrier.name)
            carrier = parts[carrier.inside]
        if carrier.name in passed:
            raise RegistryError(
                f"{which}: inside {part.inside!r} leads back to it: name a component of another placement"
            )


def _check_member_roles(record: Service) -> None:
    if len(leaders := [role.name for role in record.member_roles if role.leads]) > 1:
        raise RegistryError(f"{record.name}: member roles {' and '.join(leaders)} both lead: only one can")
    parts, hosts = {part.name for part in record.components}, {role.name for role in record.roles}
    for role in record.member_roles:
        for field, given, known in (("components", role.components, parts), ("hosts", role.hosts, hosts)):
            if strange := sorted(set(given) - known):
                there_are = ", ".join(sorted(known))
                raise RegistryError(
                    f"{record.name}: member role {role.name!r}: {field}: no {strange[0]!r}: there are {there_are}"
                )
