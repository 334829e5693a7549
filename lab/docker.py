"""The docker command, and the daemon behind it."""

import os
import shutil
import subprocess
from pathlib import Path

from hadrill.lab.progress import step
from hadrill.timing import Deadline, OverdueError, eventually

LOG = Path("/var/log/hadrill-dockerd.log")
PID_FILE = Path("/run/docker.pid")
START_SECONDS = 60.0


class LabError(Exception):
    """Something the lab cannot do, with what to do about it."""


def docker(*arguments: str, input_bytes: bytes | None = None) -> str:
    """Run a docker command and return its output. Raises LabError with the last lines of what it said."""
    # The legacy builder is enough and comes with every version; BuildKit may be missing.
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    try:
        done = subprocess.run(
            ["docker", *arguments], input=input_bytes, capture_output=True, env=environment, check=False
        )
    except FileNotFoundError:
        raise LabError("there is no docker command: run `make setup`, or install Docker") from None
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        raise LabError(f"docker {' '.join(arguments[:3])} ... ended with {done.returncode}:\n" + "\n".join(lines[-15:]))
    return done.stdout.decode("utf-8", "replace").strip()


def why_not_answering() -> str | None:
    """Why the daemon does not answer; None where it does."""
    try:
        docker("info", "--format", "{{.ServerVersion}}")
    except LabError as error:
        return str(error).splitlines()[-1]
    return None


def ensure_daemon() -> None:
    """Use the daemon that runs, or start one. Leftovers of one that was killed do not stand in the way."""
    reason = why_not_answering()
    if reason is None:
        return
    if os.geteuid() != 0:
        raise LabError(f"Docker does not answer ({reason}): start it, or run this as root")
    daemon = None
    with step("starting Docker"):
        if Path("/run/systemd/system").is_dir():
            subprocess.run(["systemctl", "start", "docker"], check=True)
        else:
            daemon = _start_by_hand()
        try:
            eventually("Docker to answer", lambda: _why_not_yet(daemon), Deadline(START_SECONDS))
        except OverdueError as error:
            raise LabError("\n".join([str(error), *_last_lines()])) from error


def _why_not_yet(daemon: subprocess.Popen[bytes] | None) -> str | None:
    """As why_not_answering(). Raises LabError where the daemon has ended: then it will never answer."""
    if daemon is not None and daemon.poll() is not None:
        raise LabError("\n".join([f"dockerd ended with {daemon.returncode} at once", *_last_lines()]))
    return why_not_answering()


def _last_lines() -> list[str]:
    return [f"last lines of {LOG}:", *LOG.read_text("utf-8", "replace").splitlines()[-5:]] if LOG.exists() else []


def _start_by_hand() -> subprocess.Popen[bytes]:
    if shutil.which("dockerd") is None:
        raise LabError("Docker is not installed: run `make setup`, which installs it from the distribution's packages")
    _forget_dead_daemon()
    with LOG.open("ab") as log:
        # No default bridge: the lab makes its own network and nothing else may appear.
        return subprocess.Popen(
            ["dockerd", "--bridge", "none", "--log-level", "warn"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _forget_dead_daemon() -> None:
    """A killed dockerd leaves its pid file: the number may mean another process by now, or one that nobody buried."""
    if PID_FILE.exists():
        try:
            stat = Path(f"/proc/{PID_FILE.read_text('ascii').strip()}/stat").read_text("utf-8")
        except OSError:
            stat = ""
        name, state = stat.partition("(")[2].partition(")")[0], stat.rpartition(") ")[2][:1]
        if name != "dockerd" or state == "Z":
            PID_FILE.unlink()
