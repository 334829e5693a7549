"""Which HAProxy is running."""

import re
import urllib.request
from collections.abc import Callable

from hadrill.inventory import Host, Inventory
from hadrill.services.asking import ANSWER_SECONDS
from hadrill.services.haproxy.statistics import STATISTICS_PORT


def running(inventory: Inventory) -> dict[str, Callable[[], str]]:
    """Questions by title."""
    return {"HAProxy": lambda: _told_by(inventory.of_role("haproxy")[-1])}


def _told_by(host: Host) -> str:
    """From the statistics page, which is the only place where HAProxy tells its version over the network."""
    with urllib.request.urlopen(f"http://{host.address}:{STATISTICS_PORT}/", timeout=ANSWER_SECONDS) as page:
        found = re.search(rb"HAProxy version ([0-9][^,<\s]*)", page.read())
    return found[1].decode("ascii") if found else "not told"
