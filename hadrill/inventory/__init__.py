"""The inventory: servers.tsv, topology.yaml, versions.yaml, settings.yaml and credentials/ as one frozen object.

Everything else in hadrill starts from an Inventory and never reads those files again. Reading one finds
every mistake in one pass, each with its file, line, column and remedy, before any host is touched.
This package imports nothing else of hadrill but the services' records, which are data.
"""

from hadrill.inventory.cluster import NamedCluster, WayIn
from hadrill.inventory.credentials import Credentials
from hadrill.inventory.host import Host
from hadrill.inventory.inventory import Inventory, read
from hadrill.inventory.problem import InvalidInventoryError, NotInInventoryError, Problem
from hadrill.inventory.settings import LoadBalancer, Settings
from hadrill.services.service import BASE, RUNNER

__all__ = [
    "BASE",
    "RUNNER",
    "Credentials",
    "Host",
    "InvalidInventoryError",
    "Inventory",
    "LoadBalancer",
    "NamedCluster",
    "NotInInventoryError",
    "Problem",
    "Settings",
    "WayIn",
    "read",
]
