"""Where a lab keeps what must outlive a checkout: secrets, SSH keys, the load balancers' configuration.

A computer has one lab of a name, whichever checkout works with it, so its state lies in the user's home.
"""

import os
import shutil
from pathlib import Path

from hadrill.inventory.credentials import write_missing
from hadrill.inventory.profile import FILE
from hadrill.lab.docker import LabError
from hadrill.services import registry


def state_of(name: str) -> Path:
    """The folder of a lab's state, 0700."""
    home = Path(os.environ.get("XDG_STATE_HOME", "") or Path.home() / ".local" / "state")
    folder = home / "hadrill" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def ensure_credentials(inventory_folder: Path, name: str) -> None:
    """Generate the lab's secrets once, and show them in the inventory's folder as `credentials`."""
    secrets = state_of(name) / "credentials"
    write_missing(secrets, registry.roles())
    _link(inventory_folder / "credentials", secrets)


def ensure_profile(inventory_folder: Path, name: str, profile: str | None, usual: str) -> None:
    """Keep the given profile, or the usual one where none was ever given, and show it in the inventory's folder."""
    kept = state_of(name) / FILE
    if profile or not kept.exists():
        kept.write_text(f"{profile or usual}\n", "ascii")
    _link(inventory_folder / FILE, kept)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.resolve() != target.resolve():
        link.unlink()
    if not link.is_symlink():
        if link.exists():
            raise LabError(f"{link} is not the lab's own link to {target}: move it away")
        link.symlink_to(target)


def forget(name: str) -> None:
    """Remove secrets, keys and configuration of a lab that is no more."""
    shutil.rmtree(state_of(name))
