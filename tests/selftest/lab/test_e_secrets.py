"""No secret of the lab shows anywhere. Runs last: the other tests have made all the logs by then."""

import json
from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from tests.selftest.lab.suite import ROOT

# Looks on a machine where a secret could show: process lists, the journal, shells' histories, temporary files.
PROGRAM = """
import json, pathlib, subprocess, sys
secrets = [secret.encode() for secret in json.load(sys.stdin)]
def look(place, content):
    return [place for secret in secrets if secret in content]
found = []
for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    try:
        found += look(f"{process}: {process.read_bytes()[:60]}", process.read_bytes())
    except OSError:
        continue  # the process has ended
journal = subprocess.run(["journalctl", "--no-pager", "--output=cat"], capture_output=True, check=True).stdout
for line in journal.splitlines():
    found += look(f"journal: {line[:90]}", line)
for pattern in ("root/.*history", "home/*/.*history", "tmp/*", "etc/systemd/system/*", "var/log/**/*.log"):
    for file in pathlib.Path("/").glob(pattern):
        if file.is_file():
            found += look(str(file), file.read_bytes())
print(json.dumps([len(journal), found]))
"""
QUOTED = "'" + PROGRAM.replace("'", "'\\''") + "'"


def test_no_secret_on_any_machine(lab_inventory: Inventory, ssh: Remote) -> None:
    secrets = json.dumps(sorted(lab_inventory.credentials.values()))
    answers = ssh.everywhere(
        lab_inventory.managed, lambda host: ssh.run(host, f"python3 -c {QUOTED}", stdin=secrets).stdout
    )
    read = {host.name: json.loads(str(answer)) for host, answer in answers.items()}
    assert {name: found for name, (_, found) in read.items() if found} == {}
    assert all(size > 0 for size, _ in read.values()), "a journal was empty: nothing was looked at"


def test_the_search_finds_a_secret_that_is_there(lab_inventory: Inventory, ssh: Remote) -> None:
    secret = "a-secret-of-this-test-only"
    host = lab_inventory.host("redis-01")
    ssh.run(host, f"logger {secret}")
    _, found = json.loads(ssh.run(host, f"python3 -c {QUOTED}", stdin=json.dumps([secret])).stdout)
    assert any("journal" in place for place in found)


def test_no_secret_in_reports(lab_inventory: Inventory, tmp_path_factory: pytest.TempPathFactory) -> None:
    values = [secret.encode() for secret in lab_inventory.credentials.values()]
    folders = [ROOT / "reports", tmp_path_factory.getbasetemp()]
    files = [
        path for folder in folders for path in folder.rglob("*") if path.is_file() and "credentials" not in path.parts
    ]
    bad: list[Path] = [path for path in files if any(value in path.read_bytes() for value in values)]
    assert bad == []
    assert files, "nothing was looked at"
