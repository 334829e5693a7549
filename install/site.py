"""One run of the installer: the inventory, the connections to its hosts, what was changed and what failed."""

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hadrill.install.desired import Desired, Units
from hadrill.inventory import Host, Inventory
from hadrill.on_host import program
from hadrill.remote import Remote, RemoteError, run_program, shell

Result = TypeVar("Result")
HERE = Path(__file__).parent
APPLY_SECONDS = 120.0
START_SECONDS = 150.0
# $1 is the unit, and what follows is what to do with it.
START = 'u=$1; shift; systemctl "$@" "$u" || { journalctl -u "$u" -n 16 --no-pager -o cat >&2; exit 1; }'


class InstallError(Exception):
    """A module that could not be finished: what failed, on which hosts."""


class Site:
    """The hosts of an inventory, being installed. `check`: look and tell, change nothing."""

    def __init__(self, inventory: Inventory, *, check: bool) -> None:
        self.inventory = inventory
        self.check = check
        self.remote = Remote(inventory)
        self.changed = 0
        self._started = time.monotonic()
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - configuration files, not HTML
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, **values: Any) -> str:
        """A template of install/templates; a name that is not given is an error."""
        return self._templates.get_template(template).render(inventory=self.inventory, **values)

    def say(self, text: str) -> None:
        """Print a line, with the seconds since the start."""
        sys.stdout.write(f"[{time.monotonic() - self._started:6.1f} s] {text}\n")
        sys.stdout.flush()

    def record(self, host: object, change: str) -> None:
        """Count and print one change."""
        self.changed += 1
        self.say(f"{host}: {'would change' if self.check else 'changed'}: {change}")

    def everywhere(self, hosts: Iterable[Host], work: Callable[[Host], Result]) -> dict[Host, Result]:
        """Do the work on all hosts at once. Raises InstallError with all that failed, once all have finished."""
        answers = self.remote.everywhere(hosts, work)
        failed = [answer for answer in answers.values() if isinstance(answer, RemoteError)]
        if failed:
            raise InstallError("\n".join(map(str, failed)))
        return {host: answer for host, answer in answers.items() if not isinstance(answer, RemoteError)}

    def apply(self, desired: Mapping[Host, Desired]) -> dict[Host, Units]:
        """Bring hosts to their desired state. Returns the units of each that must be started or restarted."""

        def work(host: Host) -> dict[str, Any]:
            message = desired[host].as_message() | {"check": self.check}
            answer: dict[str, Any] = run_program(self.remote, host, program("apply"), message, APPLY_SECONDS)
            return answer

        units = {}
        for host, answer in self.everywhere(desired, work).items():
            for change in answer["changes"]:
                self.record(host, change)
            units[host] = Units(tuple(answer["stopped"]), tuple(answer["outdated"]))
        return units

    def start(self, host: Host, units: Iterable[str], verb: str = "start") -> None:
        """Start (or restart) units of a host with what is on its disk. In check mode, say so only."""
        for unit in units:
            self.record(host, f"{verb} {unit}")
            if not self.check:
                self.remote.run(host, shell.script(START, unit, *verb.split()), seconds=START_SECONDS)

    def close(self) -> None:
        """Close every connection."""
        self.remote.close()
