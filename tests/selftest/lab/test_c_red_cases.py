"""Can each of the 13 checks fail? The lab is really broken, and the checks of what is broken say so, with their cause.

Services are broken at the same time, each in one place: none of their other checks may be red or name another's cause.
"""

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.finding import CheckFailedError
from hadrill.services.postgresql import checks
from hadrill.services.postgresql.service import Postgresql
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.red_cases import CASES, Bench, Broken, rounds
from tests.selftest.lab.suite import run_suite, until_healthy

BACK_SECONDS = 20.0


@dataclass(frozen=True)
class Trial:
    """What was broken, by the check that must see it, and what the basic checks said."""

    broken: dict[str, Broken]
    summary: dict[str, Any]


@pytest.fixture(scope="module")
def trial(
    request: pytest.FixtureRequest, lab_inventory: Inventory, ssh: Remote, tmp_path_factory: pytest.TempPathFactory
) -> Trial:
    """One thing is broken in each service that still has a check to be seen red; then all is mended."""
    bench, broken = Bench(lab_inventory, ssh), {}
    until_healthy(lab_inventory)
    try:
        with ExitStack() as mended:
            for check in request.param:
                broken[check] = CASES[check](bench)
                mended.callback(broken[check].mend)
            summary = run_suite("tests/basic", tmp_path_factory.mktemp("red"), "--no-page")
    finally:
        until_healthy(lab_inventory)
    return Trial(broken, summary)


@pytest.mark.parametrize(
    ("trial", "check"),
    [pytest.param(row, check, id=check) for row in rounds() for check in row],
    indirect=["trial"],
    scope="module",
)
def test_a_broken_lab_turns_that_check_red(trial: Trial, check: str) -> None:
    summary, red = trial.summary, {row["id"]: row for row in trial.summary["checks"] if row["outcome"] != "passed"}
    assert set(red) == {f"tests/basic/{broken}" for broken in trial.broken}, summary["console"]
    row, broken = red[f"tests/basic/{check}"], trial.broken[check]
    assert broken.host in row["host"], row
    assert broken.cause in row["message"], row
    assert (summary["passed"], summary["total"], summary["status"]) == (13 - len(red), 13, 1)


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
            with closing(service.connect(proxy.address)) as connection:
                row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        except psycopg.OperationalError as error:
            return str(error)
        # Until its first look HAProxy takes every server for one that is up.
        return None if row == (False,) else "a replica answers"

    eventually("HAProxy to lead to the leader again", closed, Deadline(BACK_SECONDS))
    checks.pgbouncer(service)
