"""The door to a host: what arrives, and what is said when it stays shut."""

import subprocess
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hadrill.inventory import Inventory, read
from hadrill.remote import CommandFailedError, Remote, UnreachableError
from hadrill.services.finding import CheckFailedError
from hadrill.services.minio import checks
from hadrill.services.minio.service import Minio
from tests.selftest.lab.suite import BIN, LAB, ROOT, run_suite

SMALL = "/run/hadrill-small"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The lab's inventory with SSH files of its own."""
    folder = tmp_path / "lab"
    (folder / "ssh").mkdir(parents=True)
    for name in ("servers.tsv", "versions.yaml"):
        (folder / name).write_bytes((LAB / name).read_bytes())
    for name in ("id_ed25519", "known_hosts"):
        (folder / "ssh" / name).write_bytes((LAB / "credentials" / "ssh" / name).read_bytes())
        (folder / "ssh" / name).chmod(0o600)
    (folder / "credentials").symlink_to((LAB / "credentials").resolve())
    settings = yaml.safe_load((LAB / "settings.yaml").read_text("ascii"))
    settings["ssh"] = {"user": "root", "key": "ssh/id_ed25519", "known_hosts": "ssh/known_hosts"}
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), "ascii")
    return folder


def test_other_alphabets_arrive_intact(lab_inventory: Inventory, ssh: Remote) -> None:
    text = "Zürich, 東京 ✓ \U0001f418"
    host = lab_inventory.host("redis-01")
    assert ssh.run(host, f"printf '%s' '{text}'").stdout == text
    assert ssh.run(host, "cat", stdin=text).stdout == text
    assert ssh.run(host, r"printf 'caf\351'").stdout == r"caf\xe9"


def test_a_command_that_fails_or_hangs_is_named(lab_inventory: Inventory, ssh: Remote) -> None:
    host = lab_inventory.host("redis-01")
    with pytest.raises(CommandFailedError, match=r"redis-01: `ls /nowhere` ended with 2:\n.*No such file"):
        ssh.run(host, "ls /nowhere")
    with pytest.raises(CommandFailedError, match=r"still running after 0.5 s"):
        ssh.run(host, "tail -f /dev/null", seconds=0.5)
    assert ssh.run(host, "echo fine").stdout == "fine\n"


def test_much_output_on_both_streams_does_not_block(lab_inventory: Inventory, ssh: Remote) -> None:
    output = ssh.run(lab_inventory.host("redis-01"), "head -c 3000000 /dev/zero | tr '\\0' a | tee /dev/stderr")
    assert (len(output.stdout), len(output.stderr)) == (3000000, 3000000)


def test_a_wrong_host_key_is_refused(copy: Path, tmp_path: Path) -> None:
    known = (copy / "ssh" / "known_hosts").read_text("ascii").splitlines()
    mine, other = [next(row for row in known if row.startswith(f"198.18.0.{last} ")) for last in (123, 124)]
    swapped = [f"198.18.0.123 {other.split(' ', 1)[1]}" if row == mine else row for row in known]
    (copy / "ssh" / "known_hosts").write_text("\n".join(swapped) + "\n", "ascii")
    with (
        Remote(read(copy)) as remote,
        pytest.raises(UnreachableError, match=r"redis-01: the host key of 198.18.0.123:22 is not"),
    ):
        remote.run(read(copy).host("redis-01"), "true")
    done = subprocess.run(
        [str(BIN / "fab"), "base", "--inventory", str(copy)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "redis-01: the host key" in done.stderr
    assert "Traceback" not in done.stderr
    summary = run_suite("tests/hosts/test_hosts.py", tmp_path / "reports", "--inventory", str(copy), "-k", "redis")
    red = [check for check in summary["checks"] if check["outcome"] != "passed"]
    assert {(check["host"], check["outcome"]) for check in red} == {("redis-01", "unreachable")}, summary["console"]


def test_an_unknown_host_key_is_refused(copy: Path) -> None:
    (copy / "ssh" / "known_hosts").write_text("", "ascii")
    with (
        Remote(read(copy)) as remote,
        pytest.raises(UnreachableError, match=r"redis-01: the host key of .* is unknown: add it"),
    ):
        remote.run(read(copy).host("redis-01"), "true")


def test_a_wrong_ssh_key_is_named(copy: Path) -> None:
    key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    (copy / "ssh" / "id_ed25519").write_bytes(key)
    with (
        Remote(read(copy)) as remote,
        pytest.raises(UnreachableError, match=r"redis-01: .* refuses user root with the key"),
    ):
        remote.run(read(copy).host("redis-01"), "true")


@pytest.mark.usefixtures("healed")
def test_a_full_disk_is_red_on_its_host(lab_inventory: Inventory, ssh: Remote) -> None:
    """MinIO's drive is replaced by one of 2 MiB that is full."""
    host = lab_inventory.host("minio-03")
    drive = "/var/lib/hadrill/minio"
    fill = f"mount -t tmpfs -o size=2m tmpfs {drive}; head -c 2m /dev/zero > {drive}/fill"
    ssh.run(host, f"systemctl stop hadrill-minio; {fill}; systemctl start hadrill-minio")
    try:
        with pytest.raises(CheckFailedError) as caught:
            checks.objects(Minio(lab_inventory))
    finally:
        ssh.run(host, f"systemctl stop hadrill-minio; umount {drive}; systemctl start hadrill-minio")
    assert {finding.host for finding in caught.value.findings} == {"minio-03"}, str(caught.value)
