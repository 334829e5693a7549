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
from pathlib import Path


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


def main() -> None:
    """Answer what standard input asks for."""
    order = json.load(sys.stdin)
    facts = {
        "missing": [command for command in order["commands"] if shutil.which(command) is None],
        "swap": len(lines("/proc/swaps")[1:]),
        "fstab": [line for line in lines("/etc/fstab") if line.split()[2:3] == ["swap"]],
        "resolved": os.path.realpath("/etc/resolv.conf").startswith("/run/systemd/resolve"),
        "penalties": "persourcepenaltyexemptlist" in output("sshd", "-T"),
        "ufw_loaded": "-A ufw-before-input -j ufw-user-input" in output("iptables", "-S", "ufw-before-input"),
        "digests": {
            name: Path(file).read_text("ascii") if Path(file).exists() else ""
            for name, file in order["digests"].items()
        },
    }
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
