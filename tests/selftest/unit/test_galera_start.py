"""How a node of Galera comes back: what is decided before MariaDB starts."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from hadrill.on_host import galera_start

ID = "0a1b2c3d-0000-11f0-9000-00000000000a"
STATE = "# GALERA saved state\nversion: 2.1\nuuid:    {}\nseqno:   {}\nsafe_to_bootstrap: {}\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A node whose peers are away, and whose recovery finds sequence number 7."""
    monkeypatch.setattr(galera_start, "serves", lambda address: address == "up")
    recover = [sys.executable, "-c", f"print('WSREP: Recovered position: {ID}:7')"]
    paths = {name: str(tmp_path / name) for name in ("once", "options")}
    return {"peers": ["down"], "data": str(tmp_path), "recover": recover, **paths}


def state(settings: dict[str, Any], seqno: int, safe: int) -> None:
    Path(settings["data"], "grastate.dat").write_text(STATE.format(ID, seqno, safe))


def test_a_node_that_left_in_order_knows_its_position(settings: dict[str, Any]) -> None:
    state(settings, 42, 0)
    assert galera_start.options(settings) == [f"--wsrep_start_position={ID}:42"]


def test_a_node_that_crashed_asks_innodb(settings: dict[str, Any]) -> None:
    state(settings, -1, 0)
    assert galera_start.options(settings) == []
    Path(settings["data"], "ibdata1").touch()
    assert galera_start.options(settings) == [f"--wsrep_start_position={ID}:7"]
    Path(settings["data"], "sst_in_progress").touch()
    assert galera_start.options(settings) == [], "half a copy"


def test_a_recovery_that_finds_nothing_is_told_in_the_journal_only(
    settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    Path(settings["data"], "ibdata1").touch()
    failing = [sys.executable, "-c", "print('no space'); raise SystemExit(1)"]
    assert galera_start.options({**settings, "recover": failing}) == []
    output = capsys.readouterr()
    assert "ended with 1: no space" in output.err
    assert output.out == ""


def test_the_one_that_left_last_begins_unless_somebody_serves(settings: dict[str, Any]) -> None:
    state(settings, 42, 1)
    assert galera_start.options(settings)[0] == "--wsrep-new-cluster"
    assert galera_start.options({**settings, "peers": ["down", "up"]}) == [f"--wsrep_start_position={ID}:42"]


def test_the_installer_may_ask_for_a_new_cluster_once(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "start.json").write_text(json.dumps(settings))
    monkeypatch.setattr(galera_start, "SETTINGS", tmp_path / "start.json")
    monkeypatch.setattr(sys, "argv", ["galera-start"])
    galera_start.main()
    assert Path(settings["options"]).read_text() == "OPTIONS=\n"
    Path(settings["once"]).touch()
    galera_start.main()
    assert Path(settings["options"]).read_text() == "OPTIONS=--wsrep-new-cluster\n"
    state(settings, 42, 0)
    monkeypatch.setattr(sys, "argv", ["galera-start", "--position"])
    galera_start.main()
    assert capsys.readouterr().out == f"{ID}:42\n"
