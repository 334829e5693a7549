"""The inventory that is meant where none is named."""

from pathlib import Path

FOLDER = Path("inventories")
LAB = FOLDER / "lab"


def default_folder() -> Path:
    """The only folder below inventories/ of the current folder; the lab's where there are several, or none."""
    folders = [path for path in FOLDER.iterdir() if path.is_dir()] if FOLDER.is_dir() else []
    return folders[0] if len(folders) == 1 else LAB
