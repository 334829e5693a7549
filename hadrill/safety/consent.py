"""Who may be broken: the lab always; any other host only where its inventory and the command line both name it."""

from collections.abc import Collection

from hadrill.inventory import Host, Inventory


def why_not_consented(inventory: Inventory, hosts: Collection[Host], consent: Collection[str]) -> str:
    """Empty where faults are allowed on all these hosts, otherwise why not and what to do."""
    if inventory.settings.lab:
        return ""
    written = [host.name for host in hosts if host.name not in inventory.settings.faults.consent]
    if written:
        names = ", ".join(written)
        return f"{inventory.folder}/settings.yaml does not allow faults on {names}: add them to `faults.consent`"
    spoken = [host.name for host in hosts if host.name not in consent]
    if spoken:
        return f"faults on {', '.join(spoken)} need `--consent {','.join(spoken)}` on the command line too"
    return ""
