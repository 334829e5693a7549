"""`hadrill nightly` under a real systemd: a container that is the runner, with this computer's network and Python."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.lab.docker import LabError, docker
from hadrill.lab.images import machine_image
from hadrill.lab.machine import DROPPED
from hadrill.lab.state import state_of
from hadrill.remote import Remote
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.drilling import traces
from tests.selftest.lab.suite import ROOT, until_healthy

SOCKET = "/run/docker.sock"
BOOT_SECONDS = 30.0
BEGINS_SECONDS = 120.0
# The network is this computer's own: no unit may change it, and nothing may listen.
MASKED = ("nftables", "ufw", "systemd-networkd", "ssh")


@pytest.fixture
def runner(lab_inventory: Inventory, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Runs a shell command in the project's folder, where systemd is in charge. Reports are written below tmp_path."""
    if sys.base_prefix == "/usr":
        # Its /usr, lent to the container, would take the place of the container's own systemd.
        pytest.skip("this Python is the system's own: a container cannot have it beside its own /usr")
    name, client = f"{lab_inventory.settings.name}-systemd", shutil.which("docker")
    reports, state = tmp_path / "reports", state_of(lab_inventory.settings.name)
    reports.mkdir()
    mounts = (
        *(f"/dev/null:/etc/systemd/system/{unit}.service" for unit in MASKED),
        *(f"{SOCKET}:{SOCKET}", f"{client}:/usr/local/bin/docker:ro", f"{state}:{state}"),
        *(f"{place}:{place}:ro" for place in (ROOT, sys.base_prefix)),
        f"{reports}:{ROOT / 'reports'}",
    )
    docker("rm", "--force", name)
    docker(
        *("run", "--detach", "--name", name, "--network", "host", "--cgroupns", "private"),
        *("--cap-add", "ALL", *(part for capability in DROPPED for part in ("--cap-drop", capability))),
        *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
        *("--tmpfs", "/run", "--tmpfs", "/tmp"),  # noqa: S108 - inside the container
        *(part for mount in mounts for part in ("--volume", mount)),
        *("--entrypoint", "/sbin/init", machine_image(), "--unit=basic.target"),
    )

    def run(command: str) -> str:
        return docker("exec", "--workdir", str(ROOT), name, "sh", "-c", command)

    def booting() -> str | None:
        output = run("systemctl is-system-running || :")
        return None if output in ("running", "degraded") else output

    try:
        eventually("systemd to be up", booting, Deadline(BOOT_SECONDS))
        yield run
    finally:
        docker("rm", "--force", "--volumes", name)


def test_a_night_that_is_taken_away_is_healed_and_reported(
    lab_inventory: Inventory, ssh: Remote, runner: Callable[[str], str], tmp_path: Path
) -> None:
    until_healthy(lab_inventory)
    hadrill = f"{ROOT}/.venv/bin/hadrill nightly"
    with pytest.raises(LabError, match="there is no nightly run"):
        runner(f"{hadrill} status")
    assert "every night at 02:00" in runner(f"{hadrill} install --at 02:00 --duration 10m")
    before = runner(f"{hadrill} status")
    assert "02:00:00" in before
    assert "no run has ended" in before
    runner("systemctl start --no-block hadrill-nightly.service")
    eventually("a fault", lambda: None if traces(lab_inventory, ssh) else "nothing is broken", Deadline(BEGINS_SECONDS))
    assert "a run is under way" in runner(f"{hadrill} status")
    assert runner(f"{hadrill} remove") == "removed"
    assert traces(lab_inventory, ssh) == []
    (page,) = tmp_path.glob("reports/*-chaos/chaos.html")
    assert "interrupted; what it broke is undone" in page.read_text("utf-8")
    with pytest.raises(LabError, match="there is no nightly run"):
        runner(f"{hadrill} status")
