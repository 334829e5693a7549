"""Chaos runs on the lab: what is scheduled is made, a run that is killed is healed, and its report is still written."""

import json
import signal
import subprocess
from pathlib import Path

from hadrill.chaos import Round, Step
from hadrill.chaos.census import Census
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.safety import journal
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.drilling import traces, written
from tests.selftest.lab.suite import BIN, ROOT, run_suite, until_healthy

KILLED = "container-kill"
AGAIN = (Step(KILLED, "replica", "begin", 0.0, 0.0), Step(KILLED, "same", "heal", 0.2, 0.0))
LONG = (Step("container-stop", "replica", "begin", 0.0, 60.0),)
BEGINS_SECONDS = 60.0
GONE_SECONDS = 15.0


def test_rounds_are_made_as_they_are_written(lab_inventory: Inventory, ssh: Remote, tmp_path: Path) -> None:
    until_healthy(lab_inventory)
    mine = written(tmp_path, Round(1, "redis", AGAIN), Round(2, "minio", (), calm_s=5.0))
    summary = run_suite("tests/chaos", tmp_path, f"--replay={mine}", "--no-page")
    rounds = {row["round"]: row for row in summary["drills"]}
    assert {row["verdict"] for row in rounds.values()} == {"passed"}, summary["console"]
    assert (rounds[1]["fault"], rounds[1]["lost"]) == (f"{KILLED} + {KILLED}", 0)
    assert not [note for note in rounds[1]["notes"] if "not made" in note], rounds[1]["notes"]
    assert (rounds[2]["fault"], rounds[2]["operations"]["fail"]) == ("calm", 0)
    assert "chaos: seed 0, 120 s, at most 2 rounds" in summary["console"]
    told = sorted(line.split()[1:4] for line in summary["console"].splitlines() if line.endswith(" s, passed"))
    assert told == [["1", "redis", KILLED], ["2", "minio", "calm:"]], summary["console"]
    assert (tmp_path / "latest" / "schedule.json").read_text("utf-8") == mine.read_text("utf-8")
    page = (tmp_path / "latest" / "chaos.html").read_text("utf-8")
    assert "<title>hadrill: chaos passed</title>" in page
    assert traces(lab_inventory, ssh) == []


def test_what_a_drill_left_is_seen_and_what_members_hold_is_counted(lab_inventory: Inventory, ssh: Remote) -> None:
    host, name = lab_inventory.host("redis-01"), "feedfacefeed"
    census = Census(ssh, {host: ["ssh", "nothing"]})
    assert census.count([name]) == ("", "")
    try:
        ssh.run(host, f"nft add table inet hadrill_{name}")
        assert census.count(["others"]) == ("", "")
        assert census.count([name]) == (f"left behind on redis-01: drill {name}", "")
    finally:
        ssh.run(host, f"nft delete table inet hadrill_{name} 2>/dev/null; :")
    counted = {what for _, what in census.series}
    assert counted >= {"file descriptors of redis", "memory bytes of sentinel", "memory bytes of ssh", "disk bytes"}
    assert not any(what.endswith(" of nothing") for what in counted)
    assert min(min(counts) for counts in census.series.values()) > 0


def test_a_run_that_is_killed_is_healed_and_reported_by_the_next(
    lab_inventory: Inventory, ssh: Remote, tmp_path: Path
) -> None:
    until_healthy(lab_inventory)
    mine = written(tmp_path, Round(1, "redis", (), calm_s=1.0), Round(2, "redis", LONG))
    command = [str(BIN / "pytest"), "tests/chaos", f"--replay={mine}", f"--reports={tmp_path}", "--no-page"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        eventually(
            "a replica to be stopped",
            lambda: None if _stopped(lab_inventory, ssh) else "none is",
            Deadline(BEGINS_SECONDS),
        )
        run.send_signal(signal.SIGKILL)
        run.wait()
        eventually(
            "every trace to be gone", lambda: "; ".join(traces(lab_inventory, ssh)) or None, Deadline(GONE_SECONDS)
        )
    until_healthy(lab_inventory)
    assert not [entry for entry in journal.entries_of(lab_inventory.folder) if not entry.alive]
    calm = written(tmp_path, Round(1, "redis", (), calm_s=1.0))
    summary = run_suite("tests/chaos", tmp_path, f"--replay={calm}", "--no-page")
    assert "written for a run that was cut short" in summary["console"]
    (cut,) = [folder for folder in tmp_path.glob("*-chaos*") if folder != (tmp_path / "latest").resolve()]
    drills = json.loads((cut / "summary.json").read_text("utf-8"))["drills"]
    assert [(row["round"], row["verdict"]) for row in drills] == [(1, "passed")]


def _stopped(inventory: Inventory, ssh: Remote) -> bool:
    return any("hadrill-redis.service is stopped" in line for line in traces(inventory, ssh))
