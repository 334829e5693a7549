"""How long a member's processes are away after a fault at least: what is only in memory may come back empty before
anybody has noticed.
"""

import math

from hadrill.faults import Fault
from hadrill.inventory import Host
from hadrill.remote import Remote, shell
from hadrill.services.guarded import Absence
from hadrill.timing import duration


def absence_of(remote: Remote, host: Host, unit: str, fault: Fault, held_s: float) -> Absence:
    """Of a fault that is left alone for `held_s` seconds at least, where it lasts. Raises RemoteError."""
    if fault.lasts:
        return Absence(held_s, f"it is started again after {held_s:g} s")
    if fault.power:
        return Absence(0.0, "it is started again as soon as its machine has booted")
    shown = remote.run(host, shell.command("systemctl", "show", "--property=Restart,RestartUSec", unit)).stdout
    known = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if known.get("Restart") == "no":
        return Absence(math.inf, "its unit leaves it down")
    seconds = seconds_of(known.get("RestartUSec", ""))
    return Absence(seconds, f"its unit starts it again after {seconds:g} s")


def seconds_of(span: str) -> float:
    """A time as systemd shows it: `1s`, `1min 30s`, `100ms`, `infinity`, or nothing."""
    return duration(span, 1.0) if span else 0.0
