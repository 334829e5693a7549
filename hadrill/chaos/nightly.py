"""The nightly run as a systemd timer on the runner."""

import os
import pwd
import re
import shlex
import subprocess
import sys
from pathlib import Path

NAME = "hadrill-nightly"
UNITS = Path("/etc/systemd/system")
RUNNING = Path("/run/systemd/system")
PROPERTIES = ("ActiveState", "Result", "ExecMainStatus", "ExecMainExitTimestamp")
HEAL_SECONDS = 300
"""systemd waits this long for a run that is stopped: it heals first."""


class NightlyError(Exception):
    """There can be no timer; the text says why, and what to do instead."""


def user() -> str:
    """The user who installs it, also through sudo: the run uses that user's keys and reports."""
    return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name


def service(project: Path, inventory: Path, duration: str, consent: str) -> str:
    """The service unit that makes one run. Stopping it is like Ctrl-C: what is broken is healed."""
    command = [sys.executable, "-m", "pytest", "tests/chaos", f"--duration={duration}", f"--inventory={inventory}"]
    command += ["--gate", *([f"--consent={consent}"] if consent else [])]
    line = _escaped(shlex.join(command))
    # Node, which draws the page, and Docker may lie where systemd would not look.
    path = _escaped(os.environ.get("PATH", os.defpath))
    return f"""[Unit]
Description=hadrill: nightly chaos run

[Service]
Type=oneshot
User={user()}
WorkingDirectory={_escaped(str(project))}
Environment="PATH={path}"
ExecStart={line}
KillMode=mixed
KillSignal=SIGINT
TimeoutStopSec={HEAL_SECONDS}
"""


def _escaped(text: str) -> str:
    """A percent sign is systemd's own."""
    return text.replace("%", "%%")


def timer(at: str) -> str:
    """The unit that starts it every night. Raises NightlyError for what is no time of day."""
    if re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at) is None:
        raise NightlyError(f"--at {at}: write a time of day, like 02:00")
    # Not persistent: after a night in which the runner was off there is no chaos in the morning.
    return f"""[Unit]
Description=hadrill: every night

[Timer]
OnCalendar=*-*-* {at}:00
Persistent=false

[Install]
WantedBy=timers.target
"""


def install(units: dict[str, str]) -> None:
    """Write the units and start the timer. Raises NightlyError."""
    _require_systemd()
    _require_root()
    for name, text in units.items():
        (UNITS / name).write_text(text, "utf-8")
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", f"{NAME}.timer")


def status() -> str:
    """When it runs next, and how it ended last. Raises NightlyError."""
    _require_systemd()
    if not (UNITS / f"{NAME}.timer").exists():
        raise NightlyError("there is no nightly run: `hadrill nightly install` makes one")
    shown = _systemctl("list-timers", "--all", "--no-pager", f"{NAME}.timer")
    shown_service = _systemctl("show", f"--property={','.join(PROPERTIES)}", f"{NAME}.service")
    return f"{shown.strip()}\n{ended(dict(line.split('=', 1) for line in shown_service.splitlines()))}"


def ended(service: dict[str, str]) -> str:
    """How the last run ended, from PROPERTIES as systemd has them."""
    if service["ActiveState"] in ("activating", "deactivating"):
        return "a run is under way"
    if not service["ExecMainExitTimestamp"]:
        return "no run has ended since this computer started"
    result, status = service["Result"], service["ExecMainStatus"]
    return f"the last run ended {service['ExecMainExitTimestamp']}: {result}, status {status}"


def remove() -> bool:
    """Remove both units; a run that is under way is asked to end, and heals. Returns whether there were any."""
    _require_systemd()
    _require_root()
    files = [UNITS / f"{NAME}.{kind}" for kind in ("timer", "service")]
    if not any(file.exists() for file in files):
        return False
    _systemctl("disable", "--now", f"{NAME}.timer")
    _systemctl("stop", f"{NAME}.service")
    for file in files:
        file.unlink(missing_ok=True)
    _systemctl("daemon-reload")
    return True


def _require_systemd() -> None:
    if not RUNNING.exists():
        raise NightlyError("systemd does not run this computer: docs/chaos.md shows the line for cron")


def _require_root() -> None:
    if os.geteuid() != 0:
        raise NightlyError(f"only root may change systemd's timers: sudo {shlex.join(sys.argv)}")


def _systemctl(*words: str) -> str:
    done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NightlyError(f"systemctl {' '.join(words)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
