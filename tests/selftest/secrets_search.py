"""Looks for secrets where tests, drills and services could have left them: on hosts, and in reports."""

import json
import shlex
from collections.abc import Iterable
from pathlib import Path

from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote, RemoteError, reading

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


def shown_on(remote: Remote, host: Host, secrets: Iterable[str]) -> tuple[int, list[str]]:
    """How long a host's journal is, and where on it a secret shows."""
    message = json.dumps(sorted(secrets))
    printed = remote.run(host, f"python3 -c {shlex.quote(PROGRAM)}", stdin=message).stdout
    with reading(host):
        size, places = json.loads(printed)
        return size, places


def no_secret_on_hosts(inventory: Inventory, remote: Remote) -> None:
    """No host shows one of the inventory's secrets, and each has a journal in which one could be."""
    secrets = inventory.credentials.values()
    places, empty, silent = {}, [], []
    for host, answer in remote.everywhere(inventory.managed, lambda host: shown_on(remote, host, secrets)).items():
        if isinstance(answer, RemoteError):
            silent.append(str(answer))
            continue
        size, holders = answer
        if holders:
            places[host.name] = holders
        if not size:
            empty.append(host.name)
    assert places == {}
    assert (silent, empty) == ([], []), "these were not looked at: hosts that say nothing, and empty journals"


def no_secret_in_files(inventory: Inventory, folders: Iterable[Path]) -> None:
    """No file below these folders holds one of the inventory's secrets, but those that are credentials."""
    values = [secret.encode() for secret in inventory.credentials.values()]
    files = [
        path for folder in folders for path in folder.rglob("*") if path.is_file() and "credentials" not in path.parts
    ]
    bad = [str(path) for path in files if any(value in path.read_bytes() for value in values)]
    assert bad == []
    assert files, "nothing was looked at"
