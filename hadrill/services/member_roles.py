"""The roles of members, from the services' records: which leads, which hosts can have it, what its faults are about."""

from hadrill.inventory import versions
from hadrill.inventory.settings import Settings
from hadrill.services import registry
from hadrill.services.service import MemberRole


def member_roles(service: str) -> tuple[MemberRole, ...]:
    """The roles on which experiments can make faults."""
    return registry.service(service).member_roles


def names(service: str) -> tuple[str, ...]:
    """The names of these roles, as `--role` takes them."""
    return tuple(role.name for role in member_roles(service))


def member_role(service: str, name: str) -> MemberRole:
    """The role of that name; LookupError names those that exist."""
    for role in member_roles(service):
        if role.name == name:
            return role
    raise LookupError(f"{service} has no role {name!r}: there are {', '.join(names(service))}")


def leading(service: str) -> str:
    """The role that leads; empty where members are of equal rank."""
    return next((role.name for role in member_roles(service) if role.leads), "")


def usual(service: str) -> str:
    """The role that is meant where none is named: the leading one, or that of members of equal rank."""
    return leading(service) or member_roles(service)[0].name


def of_hosts(service: str, host_role: str) -> tuple[MemberRole, ...]:
    """The member roles that hosts of a role (servers.tsv) can have, without those that lie beside another member."""
    return tuple(
        role for role in member_roles(service) if not role.beside and host_role in (role.hosts or (host_role,))
    )


def component_of(service: str, role: str, settings: Settings) -> str:
    """The component that faults of a role are about."""
    record = registry.service(service)
    # A role that has no line of its own, as a majority has none, is about the service's first component.
    choices = next((known.components for known in record.member_roles if known.name == role), ())
    there = [part.name for part in versions.present(record, settings)]
    return next((name for name in choices if name in there), there[0])


def behind(service: str) -> tuple[str, ...]:
    """Services whose clients come through this one's members; its experiments use those clients."""
    mine = {role.name for role in registry.service(service).roles}
    return tuple(
        known.name
        for known in registry.services()
        if any(front.drilled and front.role in mine for front in known.fronts)
    )
