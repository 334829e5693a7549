"""What safety runs on targets: names and holders are values, whatever characters they have."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import BadAnswerError, Output, Remote, shell
from hadrill.safety import lease, on_target

AWKWARD = 'eve\'s "box" $(touch pwned) `touch pwned` \\n'


def run(text: str, root: Path, *values: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program of the target on this computer, below a folder of the test."""
    program = shell.script(text.replace(on_target.ROOT, str(root)), *values)
    return subprocess.run(["sh", "-c", program], input=stdin, capture_output=True, text=True, check=False, cwd=root)


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock of util-linux is not on this computer")
def test_a_lease_names_its_holder_whatever_his_name_is(tmp_path: Path) -> None:
    taken = run(lease._TAKE, tmp_path, "d1", "exclusive", 60, f"run=r1 {AWKWARD}")
    assert (taken.returncode, taken.stderr) == (0, "")
    refused = run(lease._TAKE, tmp_path, "d2", "shared", 60, "run=r2 bob")
    assert refused.returncode == lease.HELD
    left, mode, holder = refused.stdout.rstrip("\n").split(" ", 2)
    assert 50 <= int(left) <= 60
    assert (mode, holder) == ("exclusive", f"run=r1 {AWKWARD}")
    assert sorted(file.name for file in tmp_path.iterdir()) == [".lease.lock", "leases"]


def test_healing_removes_the_drill_s_own_folder_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a b", "a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a b" / "heal").write_text("echo healed > seen\n")
    run(on_target._DISARM_AND_HEAL, tmp_path, str(tmp_path / "a b"), "hadrill-heal-no-such")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "b", "seen"]


def test_a_program_that_fails_to_heal_stays(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "heal").write_text("exit 3\n")
    assert run(on_target._DISARM_AND_HEAL, tmp_path, str(tmp_path / "d"), "hadrill-heal-no-such").returncode == 1
    assert (tmp_path / "d" / "heal").exists()


@pytest.mark.parametrize(
    ("line", "run", "who"),
    [
        ("60 exclusive run=r2 ann on box: redis isolate\n", "r2", "ann on box: redis isolate"),
        ("60 exclusive run=r2 eve, run=r1 on box\n", "r2", "eve, run=r1 on box"),
        ("60 exclusive run=r2\n", "r2", ""),
        ("60 exclusive somebody with run=r1 in mind\n", "", "somebody with run=r1 in mind"),
    ],
)
def test_whose_a_lease_is_does_not_hang_on_how_its_holder_is_called(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch, line: str, run: str, who: str
) -> None:
    host = lab_inventory.managed[0]
    monkeypatch.setattr(lease, "WAIT_SECONDS", 0.0)
    with Remote(lab_inventory) as remote:
        monkeypatch.setattr(remote, "attempt", lambda *_: Output(lease.HELD, line, ""))
        monkeypatch.setattr(remote, "run", lambda *_: Output(0, "", ""))
        mine = lease.Lease(remote, "d1", "r1", "ann", [(host, lease.EXCLUSIVE)], 60.0)
        with pytest.raises(lease.LeaseHeldError) as refused:
            mine.take()
        assert mine._try() == [lease.Holder(host.name, lease.EXCLUSIVE, run, who, 60)]
    sentence = f"{host} is leased (exclusive) by {line.strip().removeprefix('60 exclusive ')} for another 60 s"
    assert str(refused.value) == sentence, "a stranger is not waited for"


def test_a_lease_of_the_same_run_is_waited_for(lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    host = lab_inventory.managed[0]
    monkeypatch.setattr(lease, "WAIT_SECONDS", 0.0)
    with Remote(lab_inventory) as remote:
        monkeypatch.setattr(remote, "attempt", lambda *_: Output(lease.HELD, "60 shared run=r1 ann\n", ""))
        monkeypatch.setattr(remote, "run", lambda *_: Output(0, "", ""))
        with pytest.raises(lease.LeaseHeldError, match="the lease on the cluster's hosts; last seen"):
            lease.Lease(remote, "d2", "r1", "ann", [(host, lease.EXCLUSIVE)], 60.0).take()


def test_a_lease_that_cannot_be_read_is_that_host_s_error(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Remote(lab_inventory) as remote:
        monkeypatch.setattr(remote, "attempt", lambda *_: Output(lease.HELD, "soon mine\n", ""))
        monkeypatch.setattr(remote, "run", lambda *_: Output(0, "", ""))
        with pytest.raises(BadAnswerError, match="cannot be read"):
            lease.Lease(remote, "d2", "r1", "ann", [(lab_inventory.managed[0], lease.SHARED)], 60.0).take()
