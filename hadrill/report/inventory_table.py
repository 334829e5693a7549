"""The inventory as a table for people."""

from hadrill.inventory import Inventory
from hadrill.report.screen import Screen


def summary(inventory: Inventory, screen: Screen) -> str:
    """One line for each cluster, then the load balancers and the pinned images."""
    groups: dict[tuple[str, str], list[str]] = {}
    for host in inventory.hosts:
        for duty in host.duties:
            groups.setdefault(duty, []).append(f"{host.name} {host.address}")
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
        *screen.table(("ROLE", "CLUSTER", "HOSTS", "NAMES"), hosts),
        "",
        *screen.table(("LOAD BALANCER", "ADDRESS", "SCOPE", "TARGETS AND PORTS"), balancers),
        "",
        *screen.table(("COMPONENT", "IMAGE"), images),
        *(line for warning in inventory.warnings for line in ("", f"warning: {warning}")),
    ]
    return "\n".join(parts)
