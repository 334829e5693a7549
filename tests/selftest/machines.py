"""The lab's machines for a run's tests, which may be those of several workers: switched on once, and told apart."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from hadrill.inventory.profile import FILE
from hadrill.lab.state import ensure_profile
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import LAB

OVER_SECONDS = 1500.0
Loud = Callable[..., str]


def of_profile(profile: str, folder: Path) -> Path:
    """An inventory of the lab with another profile than the one that its folder has: the same files elsewhere."""
    folder.mkdir()
    for file in LAB.iterdir():
        if file.name != FILE:
            (folder / file.name).symlink_to(file.resolve())
    (folder / FILE).write_text(f"{profile}\n", "ascii")
    return folder


@dataclass(frozen=True)
class Machines:
    """The machines, and what the workers of a run tell each other about them by files in a folder that all know.

    `together`: this run has tests of both profiles for workers beside each other.
    """

    folder: Path
    together: bool
    loud: Loud

    def up(self, profile: str) -> None:
        """The machines of a profile are on. Beside each other: once for all, and the lab's own profile is `data`."""
        if not self.together:
            self.loud("hadrill", "lab", "up", "--profile", profile)
            return
        done = self.folder / "machines"
        with FileLock(self.folder / "machines.lock"):
            if not done.exists():
                self.loud("hadrill", "lab", "up", "--profile", "all")
                ensure_profile(LAB, LAB.name, "data", "data")
                done.touch()

    def over(self, package: str) -> None:
        """The tests of a folder need their machines no more."""
        (self.folder / f"{package}.over").touch()

    def wait_for(self, *packages: str) -> None:
        """What follows is about all machines: wait until tests of these folders are over, where others run them."""
        if self.together:
            files = [self.folder / f"{package}.over" for package in packages]
            eventually(
                "the tests on other machines to be over",
                lambda: ", ".join(file.stem for file in files if not file.exists()) or None,
                Deadline(OVER_SECONDS),
            )
