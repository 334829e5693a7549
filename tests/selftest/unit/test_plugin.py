"""The plugin: usage errors are sentences, nothing green when nothing ran, tracebacks without secrets."""

import gc
import json
from pathlib import Path

import pytest

from tests.selftest.unit.projects import pytest_on

LEAK = """
import pytest
pytestmark = pytest.mark.service("redis")

def test_leak(inventory):

    plain = inventory.credentials.secret("redis", "REDIS_PASSWORD")
    raise RuntimeError(f"cannot log in with {plain}")
"""
SAYS = """
import pytest
from hadrill.pytest_plugin.terminal import line_writer

@pytest.mark.parametrize("n", range(2))
def test_says(pytestconfig, n):
    say = line_writer(pytestconfig)
    for text in ("first", "\\rlive", f"undo {n}"):
        say(text)
"""

TELLS = """
import pytest
from hadrill.pytest_plugin.terminal import line_writer

def pytest_sessionstart(session):
    session.config.say = line_writer(session.config)

@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(report, config):
    found = yield
    if report.when == "setup":
        config.say("first")
        config.say("second")
    return found
"""
LOGS = """
import logging

def test_logs(caplog):
    logging.getLogger("pika.adapters").error("no connection")
    assert not caplog.records
"""
ENDS = "def test_is_interrupted():\n    raise KeyboardInterrupt\n"
PASSES = """
import pytest

@pytest.mark.parametrize("n", range(2))
def test_passes(n):
    pass
"""


def test_a_wrong_inventory_is_a_usage_error_in_one_message(project: Path) -> None:
    done = pytest_on(project, "tests/basic", "--inventory", str(project / "nowhere"))
    assert done.returncode == 4
    assert "nowhere: is not a folder. Give the folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_ran_is_not_green(project: Path, quiet: Path) -> None:
    done = pytest_on(project, "tests/basic", "--inventory", str(quiet))
    assert done.returncode == 5
    assert not list((project / "reports").glob("*/summary.json"))


def test_services_without_hosts_are_not_part_of_the_run(project: Path, quiet: Path) -> None:
    rows = (quiet / "servers.tsv").read_text("ascii").splitlines(keepends=True)
    (quiet / "servers.tsv").write_text("".join(row for row in rows if "\tredis\t" not in row), "ascii")
    (project / "tests" / "basic" / "test_leak.py").write_text(LEAK)
    done = pytest_on(project, "tests/basic", "--inventory", str(quiet))
    assert done.returncode == 5
    assert "1 deselected" in done.stdout


def test_a_traceback_shows_no_secret_even_with_locals(project: Path, quiet: Path) -> None:
    (project / "tests" / "basic" / "test_leak.py").write_text(LEAK)
    secret = (quiet / "credentials" / "redis.env").read_text("ascii").strip().partition("=")[2]
    done = pytest_on(project, "tests/basic", "--inventory", str(quiet), "--showlocals", "-n", "0")
    assert done.returncode == 1
    assert "cannot log in with ***" in done.stdout
    written = [path.read_text("utf-8", "replace") for path in (project / "reports").rglob("*") if path.is_file()]
    assert written
    assert not [text for text in [done.stdout, done.stderr, *written] if secret in text]


def test_what_an_ended_run_left_out_is_counted_and_not_green(project: Path, quiet: Path) -> None:
    two = LEAK + "\ndef test_never_reached(inventory):\n    pass\n"
    (project / "tests" / "basic" / "test_redis.py").write_text(two)
    pytest_on(project, "tests/basic", "--inventory", str(quiet), "--no-page", "-x")
    summary = json.loads((project / "reports" / "latest" / "summary.json").read_text("utf-8"))
    assert (summary["passed"], summary["total"]) == (0, 2)
    assert summary["checks"][0]["cause"] == "the run ended before this check"


def test_what_drivers_log_is_not_kept_for_a_night(project: Path, quiet: Path) -> None:
    (project / "tests" / "chaos").mkdir()
    (project / "tests" / "chaos" / "test_logs.py").write_text(LOGS)
    done = pytest_on(project, "tests/chaos", "--inventory", str(quiet), "--no-page", "-n0")
    assert done.returncode == 0, done.stdout


def test_a_night_that_is_interrupted_before_its_first_round_has_ended_has_a_page(project: Path, quiet: Path) -> None:
    (project / "tests" / "chaos").mkdir()
    (project / "tests" / "chaos" / "test_ends.py").write_text(ENDS)
    assert pytest_on(project, "tests/chaos", "--inventory", str(quiet), "--no-page", "-n0").returncode == 2
    latest = project / "reports" / "latest"
    assert "<title>hadrill: chaos inconclusive</title>" in (latest / "chaos.html").read_text("utf-8")
    summary = json.loads((latest / "summary.json").read_text("utf-8"))
    assert (summary["passed"], summary["total"]) == (0, 1)


def test_lines_of_a_drill_stand_alone_where_there_is_no_terminal(project: Path, quiet: Path) -> None:
    (project / "tests" / "basic" / "test_says.py").write_text(SAYS)
    output = pytest_on(project, "tests/basic", "--inventory", str(quiet), "--no-page").stdout.splitlines()
    own = [line for line in output if "first" in line or "undo" in line or "live" in line]
    assert own == ["first", "undo 0", "first", "undo 1"], output


def test_lines_of_a_run_with_workers_stand_alone_between_letters(project: Path, quiet: Path) -> None:
    (project / "tests" / "basic" / "conftest.py").write_text(TELLS)
    (project / "tests" / "basic" / "test_passes.py").write_text(PASSES)
    output = pytest_on(project, "tests/basic", "--inventory", str(quiet), "--no-page", "-n1").stdout.splitlines()
    own = [line for line in output if "first" in line or "second" in line]
    assert own == ["first", "second"] * 2, output
    assert "\n".join(output).count("first\nsecond") == 2, output


def test_how_many_workers_drills_get_is_asked_of_hadrill_before_xdist(pytestconfig: pytest.Config) -> None:
    asked = pytestconfig.hook.pytest_xdist_auto_num_workers.get_hookimpls()
    assert asked[-1].plugin_name == "hadrill.plugin", "the last one is called first"


def test_what_was_imported_costs_the_collector_nothing_more() -> None:
    assert gc.get_freeze_count() > 10_000, "this run has the plugin, too"


LACKS = """
import pytest
from hadrill.services.finding import LeftOutError
pytestmark = pytest.mark.service("postgresql")

def test_cluster():
    pass

def test_pgbouncer():
    raise LeftOutError("no PgBouncer leads to it")
"""


def test_a_check_of_what_is_not_there_is_left_out_and_told(project: Path, quiet: Path) -> None:
    (project / "tests" / "basic" / "test_postgresql.py").write_text(LACKS)
    done = pytest_on(project, "tests/basic", "--inventory", str(quiet), "--no-page")
    assert done.returncode == 0, done.stdout
    assert "  left out: PostgreSQL pgbouncer: no PgBouncer leads to it" in done.stdout
    summary = json.loads((project / "reports" / "latest" / "summary.json").read_text())
    assert (summary["passed"], summary["total"]) == (1, 1)
    left_out = {"module": "PostgreSQL", "check": "pgbouncer", "reason": "no PgBouncer leads to it"}
    assert summary["left_out"] == [left_out]
    assert "| PostgreSQL | pgbouncer | left out |" in (project / "reports" / "latest" / "summary.md").read_text()
