"""The nightly timer: its units, and what is said where there can be none."""

from configparser import RawConfigParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from hadrill.chaos import nightly
from hadrill.cli.chaos import nightly as commands

NIGHT = "Sun 2026-11-22 02:00:41 UTC"


class Unit(RawConfigParser):
    """A unit file; systemd tells names with large and small letters apart."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def test_the_units_make_one_run_a_night_that_heals_when_it_is_stopped(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lab)
    monkeypatch.setenv("SUDO_USER", "dba")
    monkeypatch.setenv("PATH", "/opt/no%de/bin:/usr/bin")
    arguments = ["install", "--print", f"--inventory={lab}", "--at=03:30", "--duration=90m", "--consent=redis-01"]
    done = CliRunner().invoke(commands, arguments)
    assert done.exit_code == 0, done.output
    first, second = done.output.split("# hadrill-nightly.timer\n")
    service, timer = Unit(), Unit()
    service.read_string(first)
    timer.read_string(second)
    command = service["Service"]["ExecStart"].split()
    assert command[1:] == [
        *("-m", "pytest", "tests/chaos", "--duration=90m", f"--inventory={lab}"),
        *("--gate", "--consent=redis-01"),
    ]
    assert (service["Service"]["KillSignal"], service["Service"]["WorkingDirectory"]) == ("SIGINT", str(lab))
    assert service["Service"]["User"] == "dba"
    assert service["Service"]["Environment"] == '"PATH=/opt/no%%de/bin:/usr/bin"'
    assert timer["Timer"]["OnCalendar"] == "*-*-* 03:30:00"
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--at=25:00"], "write a time of day"),
        (["--duration=4"], "no duration"),
        (["--inventory=/nowhere"], "/nowhere"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_written(options: list[str], text: str, lab: Path) -> None:
    done = CliRunner().invoke(commands, ["install", f"--inventory={lab}", *options])
    assert done.exit_code != 0
    assert text in done.output + str(done.exception)


@pytest.mark.parametrize(
    ("state", "when", "text"),
    [
        ("activating", NIGHT, "a run is under way"),
        ("inactive", "", "no run has ended since this computer started"),
        (
            "failed",
            "Sun 2026-11-22 02:00:41 UTC",
            f"the last run ended {NIGHT}: exit-code, status 1",
        ),
    ],
)
def test_how_the_last_night_ended(state: str, when: str, text: str) -> None:
    values = dict(zip(nightly.PROPERTIES, (state, "exit-code", "1", when), strict=True))
    assert nightly.ended(values) == text


def test_without_systemd_the_remedy_is_cron(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "RUNNING", tmp_path / "nothing")
    for verb in (["install", f"--inventory={lab}"], ["status"], ["remove"]):
        assert "the line for cron" in CliRunner().invoke(commands, verb).output


def test_who_may_not_change_timers_is_told_the_command_that_may(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "RUNNING", tmp_path)
    monkeypatch.setattr(nightly, "UNITS", tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    (tmp_path / "hadrill-nightly.timer").touch()
    for verb in (["install", f"--inventory={lab}"], ["remove"]):
        assert "only root may change systemd's timers: sudo " in CliRunner().invoke(commands, verb).output
    assert [file.name for file in tmp_path.iterdir() if "hadrill-nightly" in file.name] == ["hadrill-nightly.timer"]
