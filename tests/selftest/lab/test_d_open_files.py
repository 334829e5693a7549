"""No file with a secret may be read by others than its owner, also behind a folder that is closed."""

from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote, RemoteError, run_program

# Looks for secrets, also in the hexadecimal that HAProxy sends.
PROGRAM = """
import json, pathlib, stat, sys
secrets = [form for secret in json.load(sys.stdin) for form in (secret.encode(), secret.encode().hex().encode())]
looked, found = 0, []
for folder in ("/etc", "/run/hadrill", "/usr/local", "/var/lib/hadrill", "/root", "/home", "/opt"):
    for file in pathlib.Path(folder).rglob("*"):
        try:
            state = file.lstat()
            if not stat.S_ISREG(state.st_mode) or state.st_size > 4_000_000:
                continue
            looked += 1
            if state.st_mode & 0o077 and any(secret in file.read_bytes() for secret in secrets):
                found.append(f"{state.st_mode & 0o777:o} {file}")
        except OSError:
            continue  # it is gone by now
print(json.dumps([looked, found]))
"""
SEARCH_SECONDS = 60.0


def search(remote: Remote, host: Host, secrets: list[str]) -> list[str]:
    """Open files of a host that hold one of the secrets, with their modes."""
    looked, files = run_program(remote, host, PROGRAM, secrets, SEARCH_SECONDS)
    assert looked > 100, f"{host}: nothing was looked at"
    return [str(file) for file in files]


def test_no_file_with_a_secret_may_be_read_by_others(lab_inventory: Inventory, ssh: Remote) -> None:
    secrets = sorted(lab_inventory.credentials.values())
    wrong: list[str] = []
    for host, files in ssh.everywhere(lab_inventory.managed, lambda host: search(ssh, host, secrets)).items():
        if isinstance(files, RemoteError):
            raise files
        wrong += [f"{host}: {file}" for file in files]
    assert wrong == []


def test_the_search_finds_an_open_file(lab_inventory: Inventory, ssh: Remote) -> None:
    host, file = lab_inventory.host("redis-01"), "/etc/hadrill/redis/open"
    ssh.run(host, f"umask 022; echo a-secret-of-this-test-only > {file}")
    try:
        files = search(ssh, host, ["a-secret-of-this-test-only"])
    finally:
        ssh.run(host, f"rm {file}")
    assert files == [f"644 {file}"]
