"""What safety runs on targets: names and holders are values, whatever characters they have."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hadrill.remote import shell
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
    assert sorted(each.name for each in tmp_path.iterdir()) == [".lease.lock", "leases"]


def test_healing_removes_the_drill_s_own_folder_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a b", "a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a b" / "heal").write_text("echo healed > seen\n")
    run(on_target._DISARM_AND_HEAL, tmp_path, str(tmp_path / "a b"), "hadrill-heal-no-such")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b", "seen"]


def test_a_program_that_fails_to_heal_stays(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "heal").write_text("exit 3\n")
    assert run(on_target._DISARM_AND_HEAL, tmp_path, str(tmp_path / "d"), "hadrill-heal-no-such").returncode == 1
    assert (tmp_path / "d" / "heal").exists()
