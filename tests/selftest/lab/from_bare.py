"""A run's first installation: from bare hosts, and interrupted once, so that the stack need not be installed twice."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from hadrill.inventory import Host, Inventory, read
from hadrill.remote import Remote
from tests.selftest.lab.suite import BIN, LAB, ROOT

LEFT = (
    "ls -d /etc/hadrill /var/lib/hadrill /usr/local/lib/hadrill 2>/dev/null;"
    " find /etc/systemd/system -name '*hadrill*' -o -name 'redis-update-master*'; :"
)
Loud = Callable[..., str]


@dataclass(frozen=True)
class FromBare:
    """What was seen on the way: on hosts that are bare, and of the two installations that followed."""

    to_do: int
    """What the first module would have changed then."""
    left: dict[Host, str]
    """What was still there then."""
    interrupted: bool
    """Whether an installation was killed amid its work."""


def changes(output: str) -> int:
    """The number of changes that a run of the installer reports at its end."""
    matches = re.findall(r"\] (\d+) (?:would change|changed)$", output, re.MULTILINE)
    assert matches, output
    return int(matches[-1])


def killed_at(line: str) -> bool:
    """Begin an installation, and kill it as soon as it says this. Whether it did."""
    with subprocess.Popen(
        [str(BIN / "fab"), "all"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        for printed in process.stdout or ():
            if line in printed:
                process.send_signal(signal.SIGKILL)
                return True
    return False


def what_is_left(inventory: Inventory, ssh: Remote, hosts: tuple[Host, ...]) -> dict[Host, str]:
    """What of hadrill's lies on hosts, where anything does."""
    answers = ssh.everywhere(hosts, lambda host: ssh.run(host, LEFT).stdout)
    return {host: str(answer) for host, answer in answers.items() if answer != ""}


def install_from_bare(loud: Loud) -> FromBare:
    """Take every host back to bare where it is not new, and install everything, once with an interruption."""
    inventory = read(LAB)
    with Remote(inventory) as ssh:
        left = what_is_left(inventory, ssh, inventory.managed)
        if left:
            loud("fab", "clean", "--consent", "lab")
            left = what_is_left(inventory, ssh, inventory.managed)
    to_do = changes(loud("fab", "base", "--check"))
    interrupted = killed_at("start hadrill-redis")
    loud("fab", "all")
    return FromBare(to_do, left, interrupted)
