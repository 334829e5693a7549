"""No secret shows on Kubernetes' hosts. The last of this folder: its machines have no power afterwards."""

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from tests.selftest.secrets_search import no_secret_on_hosts


def test_no_secret_on_any_machine(nodes: Inventory, nodes_ssh: Remote) -> None:
    no_secret_on_hosts(nodes, nodes_ssh)
