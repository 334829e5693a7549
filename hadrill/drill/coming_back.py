"""What brings a member's processes back after a fault, perhaps before anybody has noticed: what is only in memory may
come back empty then.
"""

import math

from hadrill.faults import Fault
from hadrill.inventory import Host
from hadrill.placement import Placement
from hadrill.remote import Remote

HEALING = "healing may start it again at any moment"
"""Nobody knows how long a fault lasts: Ctrl-C, the watchdog and whatever else ends an experiment heal it at once."""


def what_brings_back(remote: Remote, host: Host, its: Placement, fault: Fault) -> str:
    """As a clause. Raises RemoteError."""
    if fault.lasts:
        return HEALING
    if fault.power:
        return "it is started again as soon as its machine has booted"
    seconds = its.restarts_after(remote.run(host, its.restarts).stdout)
    return HEALING if math.isinf(seconds) else f"{its.supervisor} starts it again after {seconds:g} s"
