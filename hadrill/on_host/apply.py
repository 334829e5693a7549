"""Compares a desired state with what is there, and changes what differs.

It is sent over SSH with its input, so that nothing of either shows in a process list.
Input: JSON of Desired plus `check`. Output: JSON with `changes` (lines for people), `stopped` (units that must be
started) and `outdated` (units that run, but not with what is on the disk now).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

UNITS = Path("/etc/systemd/system")
DIGESTS = Path("/etc/hadrill/units")
"""By unit, the digest of all that it is to be started with."""
STARTED = Path("/run/hadrill")
SAME_MOMENT = 0.1
"""Seconds by which two clocks may differ when they read the same moment."""
USERS = Path("/etc/hadrill/users.json")
"""User ids in images, by the images' ids: a tag may be another image tomorrow."""
# An image that is to run as root leaves it to its entry point to become the user of that name.
NUMBER_OF = 'own=$(id -u); [ "$own" != 0 ] || own=$(id -u "$1"); echo "$own"'


class Host:
    """This host, and what was or would be changed on it."""

    def __init__(self, check: bool) -> None:
        self.check = check
        self.changes: list[str] = []

    def directory(self, path: str, mode: int, once: bool, create: bool) -> None:
        """Have a directory with its mode. Nothing is done with `once` to one that is there, or without `create`."""
        place = Path(path)
        if not place.is_dir():
            if not create:
                return
            self.changes.append(f"directory {path}")
            if not self.check:
                place.mkdir(parents=True)
                place.chmod(mode)
        elif not once and place.stat().st_mode & 0o7777 != mode:
            self.changes.append(f"mode of {path}: {place.stat().st_mode & 0o7777:04o} -> {mode:04o}")
            if not self.check:
                place.chmod(mode)

    def file(
        self, path: str, content: str, mode: int, once: bool = False, reader: dict[str, str] | None = None
    ) -> bool:
        """Have a file with its content, mode and owner. Returns whether its content was or would be changed."""
        place = Path(path)
        if once and place.is_file():
            return False
        owner = self.user_of(**reader) if reader else None
        if place.is_file() and place.read_bytes() == content.encode():
            self.rights(place, mode, owner)
            return False
        self.changes.append(f"file {path}")
        if not self.check:
            place.parent.mkdir(parents=True, exist_ok=True)
            # Beside the target, so that it replaces it in one step and never shows half written or too open.
            beside = place.with_name(place.name + ".hadrill-new")
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
                stream.write(content)
                if owner is not None:
                    os.fchown(stream.fileno(), owner, -1)
                os.fchmod(stream.fileno(), mode)
            beside.replace(place)
        return True

    def rights(self, place: Path, mode: int, owner: int | None) -> None:
        """Set a file's mode and owner without writing a new file: a container has this very one mounted."""
        now = place.stat()
        if now.st_mode & 0o7777 != mode:
            self.changes.append(f"mode of {place}: {now.st_mode & 0o7777:04o} -> {mode:04o}")
            if not self.check:
                place.chmod(mode)
        if owner is not None and now.st_uid != owner:
            self.changes.append(f"owner of {place}: {now.st_uid} -> {owner}")
            if not self.check:
                os.chown(place, owner, -1)

    def user_of(self, image: str, user: str) -> int | None:
        """A user's id in an image; None where that cannot be known without changing something.

        Each image is asked once, which fetches it; the answer is kept.
        """
        known = json.loads(text_of(USERS) or "{}")
        name = f"{user} {id_of(image)}"
        if name not in known:
            pull = "never" if self.check else "missing"
            command = ("docker", "run", "--rm", f"--pull={pull}", "--network=none", "--entrypoint=sh", image)
            number = run(*command, "-c", NUMBER_OF, "sh", user, may_fail=self.check)
            if not number.isdigit():
                if self.check:
                    return None
                sys.exit(f"the image {image} has no user {user}: {number}")
            name = f"{user} {id_of(image)}"
            known[name] = int(number)
            if not self.check:
                USERS.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                USERS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        return int(known[name])

    def block(self, path: str, begin: str, end: str, content: str) -> None:
        """Have these lines between two markers in a file; what stands around them stays."""
        place = Path(path)
        old = place.read_text() if place.exists() else ""
        own = f"{begin}\n{content}{end}\n"
        head, mark, rest = old.partition(f"{begin}\n")
        present = mark and f"{end}\n" in rest
        new = head + own + rest.partition(f"{end}\n")[2] if present else own + old
        mode = place.stat().st_mode & 0o7777 if place.exists() else 0o644
        self.file(path, new, mode)

    def units(self, units: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
        """Have unit files, enabled where they are to be. Returns the units that are stopped, and the outdated ones."""
        written = {unit["name"] for unit in units if self.file(str(UNITS / unit["name"]), unit["content"], 0o644)}
        if written and not self.check:
            run("systemctl", "daemon-reload")
        if not self.check:
            DIGESTS.mkdir(parents=True, exist_ok=True)
            for unit in units:
                (DIGESTS / unit["name"]).write_text(unit["digest"])
        digests = {unit["name"]: unit["digest"] for unit in units if unit["enabled"]}
        there = [name for name in digests if (UNITS / name).exists()]
        enabled = states("is-enabled", there)
        # Each enabling reloads systemd's configuration, so all of them are one.
        if missing := [name for name in digests if enabled.get(name) != "enabled"]:
            self.changes += [f"enable {name}" for name in missing]
            if not self.check:
                run("systemctl", "enable", *missing)
        active = states("is-active", list(digests))
        stopped = [name for name in digests if active[name] != "active"]
        depends = {unit["name"]: unit["depends"] for unit in units}
        outdated = [
            name
            for name, digest in digests.items()
            if name not in stopped
            and (name in written or self.started_with(name) != digest or self.is_older(name, depends[name]))
        ]
        return stopped, outdated

    def absent(self, unit: str, folders: list[str]) -> None:
        """Stop and remove a unit, and remove its folders."""
        file = UNITS / unit
        if file.exists():
            self.changes.append(f"stop and remove {unit}")
            if not self.check:
                # A file that systemd cannot read is no unit that it could stop.
                output = run("systemctl", "disable", "--now", unit, may_fail=True)
                if run("systemctl", "is-active", unit, may_fail=True) == "active":
                    sys.exit(f"{unit} does not stop: {output[-600:]}")
                for left in (file, DIGESTS / unit, STARTED / f"{unit}.started"):
                    if left.exists():
                        left.unlink()
                run("systemctl", "daemon-reload")
        for folder in folders:
            if Path(folder).is_dir():
                self.changes.append(f"remove {folder}")
                if not self.check:
                    shutil.rmtree(folder)

    @staticmethod
    def started_with(name: str) -> str:
        """The digest that a unit was started with; units that are no containers are as new as their file."""
        started = STARTED / f"{name}.started"
        return started.read_text() if name.endswith(".service") and started.exists() else text_of(DIGESTS / name)

    def is_older(self, name: str, depends: list[str]) -> bool:
        """Whether a unit's process started before one of the files that it reads got its present content.

        Then the process may have read other content, whoever wrote that: where somebody changed the file and changed
        it back, its time is the only trace. A file that is changed now counts too.
        """
        if any(f"file {path}" in self.changes for path in depends):
            return True
        newest = max((Path(path).stat().st_mtime for path in depends if Path(path).exists()), default=0.0)
        shown = run("systemctl", "show", "--property=ExecMainStartTimestampMonotonic", "--value", name)
        if not newest or not shown.isdigit() or shown == "0":
            return False
        return time.time() - (time.monotonic() - int(shown) / 1e6) + SAME_MOMENT < newest


def text_of(path: Path) -> str:
    """The text of a file; empty where there is none."""
    return path.read_text() if path.exists() else ""


def id_of(image: str) -> str:
    """An image's id, which is made from its content; empty where the image is not on this host."""
    return run("docker", "image", "inspect", "--format={{.Id}}", image, may_fail=True)


def states(question: str, names: list[str]) -> dict[str, str]:
    """What systemd says of each unit; those that is-enabled is asked about must have a file."""
    words = run("systemctl", question, *names, may_fail=True).splitlines() if names else []
    if len(words) != len(names):
        sys.exit(f"systemctl {question} says {words} of {names}")
    return dict(zip(names, words))


def run(*command: str, may_fail: bool = False) -> str:
    """The output of a command. A failure ends the program with its last lines."""
    if may_fail and shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 and not may_fail:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout.strip()


def main() -> None:
    """Read the desired state, bring the host to it, and print what changed."""
    desired = json.load(sys.stdin)
    host = Host(desired["check"])
    for absent in desired["absent"]:
        host.absent(**absent)
    for directory in desired["directories"]:
        host.directory(**directory)
    for file in desired["files"]:
        host.file(**file)
    for block in desired["blocks"]:
        host.block(**block)
    stopped, outdated = host.units(desired["units"])
    json.dump({"changes": host.changes, "stopped": stopped, "outdated": outdated}, sys.stdout)


if __name__ == "__main__":
    main()
