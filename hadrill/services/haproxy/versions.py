"""Which HAProxy is running."""

import re
from collections.abc import Callable

from hadrill.inventory import Host, Inventory
from hadrill.services.haproxy.statistics import STATISTICS_PORT
from hadrill.services.http import get


def running(inventory: Inventory) -> dict[str, Callable[[], str]]:
    """Functions that ask for the running version, by title."""
    return {"HAProxy": lambda: _told_by(inventory.of_role("haproxy")[-1])}


def _told_by(host: Host) -> str:
    """The version on the statistics page, the only place where HAProxy tells it over the network."""
    version = re.search(r"HAProxy version ([0-9][^,<\s]*)", get(host.address, STATISTICS_PORT, "/").text)
    return version[1] if version else "not told"
