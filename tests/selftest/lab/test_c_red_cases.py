"""Can each of the 13 checks fail? The lab is really broken, and that check alone must say so, with the cause."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.finding import CheckFailedError
from hadrill.services.postgresql import checks
from hadrill.services.postgresql.service import Postgresql
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.red_cases import CASES, Bench

BACK_SECONDS = 20.0


@pytest.mark.parametrize("check", CASES)
@pytest.mark.usefixtures("healed")
def test_a_broken_lab_turns_that_check_red(
    check: str, lab_inventory: Inventory, ssh: Remote, basic: Callable[[], dict[str, Any]]
) -> None:
    broken = CASES[check](Bench(lab_inventory, ssh))
    try:
        summary = basic()
    finally:
        broken.mend()

    red = {each["id"]: each for each in summary["checks"] if each["outcome"] != "passed"}
    assert list(red) == [f"tests/basic/{check}"], summary["console"]
    found = red[f"tests/basic/{check}"]
    assert broken.host in found["host"], found
    assert broken.cause in found["message"], found
    assert (summary["passed"], summary["total"], summary["status"]) == (12, 13, 1)


@pytest.mark.usefixtures("healed")
def test_what_pgbouncer_remembers_of_an_outage_that_is_over_is_not_red(lab_inventory: Inventory, ssh: Remote) -> None:
    service = Postgresql(lab_inventory)
    proxy = service.proxies[-1]
    ssh.run(proxy, "systemctl stop hadrill-haproxy")
    try:
        with pytest.raises(CheckFailedError, match=f"{proxy}: expected PgBouncer"):
            checks.pgbouncer(service)
    finally:
        ssh.run(proxy, "systemctl start hadrill-haproxy")

    def closed() -> str | None:
        try:
            service.connect(proxy.address).close()
        except psycopg.OperationalError as error:
            return str(error)
        return None

    eventually("HAProxy to lead to the leader again", closed, Deadline(BACK_SECONDS))
    checks.pgbouncer(service)
