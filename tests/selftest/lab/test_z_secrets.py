"""No secret of the lab shows anywhere. Runs after everything else: all logs and reports are made by then."""

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from tests.selftest.lab.suite import ROOT
from tests.selftest.machines import Machines
from tests.selftest.secrets_search import no_secret_in_files, no_secret_on_hosts, shown_on

pytestmark = [pytest.mark.runs_last, pytest.mark.usefixtures("alone")]


def test_no_secret_on_any_machine(lab_inventory: Inventory, ssh: Remote) -> None:
    no_secret_on_hosts(lab_inventory, ssh)


def test_the_search_finds_a_secret_that_is_there(lab_inventory: Inventory, ssh: Remote) -> None:
    secret = "a-secret-of-this-test-only"
    host = lab_inventory.host("redis-01")
    ssh.run(host, f"logger {secret}")
    _, places = shown_on(ssh, host, [secret])
    assert any("journal" in place for place in places)


def test_no_secret_in_reports(lab_inventory: Inventory, machines: Machines) -> None:
    no_secret_in_files(lab_inventory, [ROOT / "reports", machines.folder])
