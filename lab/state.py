"""Where a lab keeps what must outlive a checkout: secrets, SSH keys, the load balancers' configuration.

A computer has one lab of a name, whichever checkout works with it, so its state lies in the user's home.
"""

import os
import shutil
from pathlib import Path

from hadrill.inventory.credentials import write_missing
from hadrill.inventory.host import Role
from lab.docker import LabError


def state_of(name: str) -> Path:
    """The folder of a lab's state, 0700."""
    home = Path(os.environ.get("XDG_STATE_HOME", "") or Path.home() / ".local" / "state")
    folder = home / "hadrill" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def ensure_credentials(inventory_folder: Path, name: str) -> None:
    """Generate the lab's secrets once, and show them in the inventory's folder as `credentials`."""
    secrets = state_of(name) / "credentials"
    write_missing(secrets, set(Role))
    link = inventory_folder / "credentials"
    if link.is_symlink() and link.resolve() != secrets.resolve():
        link.unlink()
    if not link.is_symlink():
        if link.exists():
            raise LabError(f"{link} is not the lab's own link to {secrets}: move it away")
        link.symlink_to(secrets)


def forget(name: str) -> None:
    """Remove secrets, keys and configuration of a lab that is no more."""
    shutil.rmtree(state_of(name))
