"""What a drill would do, in words."""

from hadrill.drill.breakage import Breakage
from hadrill.faults import PLANNED


def planned(breakage: Breakage) -> str:
    """A few lines for one fault. Only asks, touches nothing. Raises what the drill would refuse with."""
    fault = breakage.guard()
    budget = breakage.cluster.budget(fault.kind, breakage.role)
    undo = "power on by the driver" if fault.power else fault.heal
    made = fault.inject if fault.on_host else f"power {fault.power}" if fault.power else "a planned switchover"
    lines = [
        f"{breakage.cluster.service} {fault.name} on {breakage.host} ({breakage.role})",
        f"    guard   {breakage.arithmetic() if fault.kind != PLANNED else 'nothing is taken away'}",
        f"    budget  {budget}",
        f"    inject  {made}",
        f"    undo    {undo if fault.kind != PLANNED else 'nothing to undo'}",
    ]
    return "\n".join(line.replace("\n", "; ") for line in lines)
