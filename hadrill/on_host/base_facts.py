"""Tells what the base module must know of a host before it changes anything. Only reads.

Input: {"commands": [programs that must be there], "digests": {name: file}}.
Output: {"missing": [commands], "swap": areas in use, "fstab": [lines], "resolved", "penalties", "ufw_loaded": bools,
"digests": {name: content, empty where there is no such file}}.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

POLL = 0.05
STARTING = ("activating", "deactivating", "reloading")
"""States of a unit that will be another soon; one that is tried again after a failure is activating."""
STARTING_SECONDS = 20.0


def output(*command: str) -> str:
    """What a command prints; nothing where it is not there."""
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout.decode(
            "utf-8", "replace"
        )
    except FileNotFoundError:
        return ""


def lines(path: str) -> list[str]:
    """A file's lines; none where there is no such file."""
    file = Path(path)
    return file.read_text("utf-8", "replace").splitlines() if file.exists() else []


def ufw_loaded() -> bool:
    """Whether the firewall's rules are in the kernel. One that is just starting, as at boot, is waited for."""
    end = time.monotonic() + STARTING_SECONDS
    while True:
        loaded = "-A ufw-before-input -j ufw-user-input" in output("iptables", "-S", "ufw-before-input")
        state = output("systemctl", "show", "--value", "--property=ActiveState", "ufw.service").strip()
        if loaded or state not in STARTING or time.monotonic() > end:
            return loaded
        time.sleep(POLL)


def main() -> None:
    """Answer what standard input asks for."""
    order = json.load(sys.stdin)
    facts = {
        "missing": [command for command in order["commands"] if shutil.which(command) is None],
        "swap": len(lines("/proc/swaps")[1:]),
        "fstab": [line for line in lines("/etc/fstab") if line.split()[2:3] == ["swap"]],
        "resolved": os.path.realpath("/etc/resolv.conf").startswith("/run/systemd/resolve"),
        "penalties": "persourcepenaltyexemptlist" in output("sshd", "-T"),
        "ufw_loaded": ufw_loaded(),
        "digests": {
            name: Path(file).read_text("ascii") if Path(file).exists() else ""
            for name, file in order["digests"].items()
        },
    }
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
