"""How long a member's processes are away after a fault at least: what is only in memory may come back empty before
anybody has noticed.
"""

import math

from hadrill.faults import Fault
from hadrill.inventory import Host
from hadrill.placement import Placement
from hadrill.remote import Remote
from hadrill.services.guarded import Absence


def absence_of(remote: Remote, host: Host, its: Placement, fault: Fault, held_s: float) -> Absence:
    """Of a fault that is left alone for `held_s` seconds at least, where it lasts. Raises RemoteError."""
    if fault.lasts:
        return Absence(held_s, f"it is started again after {held_s:g} s")
    if fault.power:
        return Absence(0.0, "it is started again as soon as its machine has booted")
    seconds = its.restarts_after(remote.run(host, its.restarts).stdout)
    if math.isinf(seconds):
        return Absence(seconds, f"{its.supervisor} leaves it down")
    return Absence(seconds, f"{its.supervisor} starts it again after {seconds:g} s")
