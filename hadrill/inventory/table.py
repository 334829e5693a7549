"""The inventory as a table for people, in plain ASCII."""

from collections.abc import Iterator, Sequence

from hadrill.inventory.inventory import Inventory


def summary(inventory: Inventory) -> str:
    """One line a cluster, then the load balancers and the pinned images."""
    groups: dict[tuple[str, str], list[str]] = {}
    for host in inventory.hosts:
        groups.setdefault((host.role.value, host.cluster), []).append(f"{host.name} {host.address}")
    hosts = [
        (role, cluster or "-", str(len(names)), ", ".join(names[:3]) + (" ..." if len(names) > 3 else ""))
        for (role, cluster), names in groups.items()
    ]
    balancers = [
        (b.name, str(b.address), b.scope, f"{', '.join(b.targets)}: {', '.join(map(str, b.ports))}")
        for b in inventory.settings.load_balancers
    ]
    images = sorted(inventory.versions.images.items())
    parts = [
        f"Inventory {inventory.settings.name} ({inventory.folder}): {len(inventory.hosts)} servers",
        *columns(("ROLE", "CLUSTER", "HOSTS", "NAMES"), hosts),
        "",
        *columns(("LOAD BALANCER", "ADDRESS", "SCOPE", "TARGETS AND PORTS"), balancers),
        "",
        *columns(("COMPONENT", "IMAGE"), images),
    ]
    return "\n".join(parts)


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Left-aligned columns, two blanks apart."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
