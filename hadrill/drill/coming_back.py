"""What starts a member's processes again after a fault. Where that happens before the others have noticed the loss, a
member whose data was only in memory comes back empty.
"""

import math

from hadrill.faults import Fault
from hadrill.inventory import Host
from hadrill.placement import Placement
from hadrill.remote import Remote

HEALING = "healing may start it again at any moment"
"""Nobody knows how long a fault lasts: Ctrl-C, the watchdog and whatever else ends an experiment heal it at once."""


def what_brings_back(remote: Remote, host: Host, its: Placement, fault: Fault) -> str:
    """What starts the component again after this fault, as a clause. Raises RemoteError."""
    if fault.lasts:
        return HEALING
    if fault.power:
        return "it is started again as soon as its machine has booted"
    seconds = its.restarts_after(remote.run(host, its.restarts).stdout)
    return HEALING if math.isinf(seconds) else f"{its.supervisor} starts it again after {seconds:g} s"
