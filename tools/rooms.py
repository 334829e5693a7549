"""The rooms of hadrill/, and which module imports which across their walls.

`python -m tools.rooms` prints the picture in docs/architecture.md, which is made from the imports themselves.
"""

import ast
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HADRILL = Path(__file__).parents[1] / "hadrill"
ORDER = (
    ("lab",),
    ("cli", "pytest_plugin", "install"),
    ("chaos", "adopt"),
    ("drill",),
    ("report",),
    ("services",),
    ("safety",),
    ("faults",),
    ("diagnosis",),
    ("placement",),
    ("remote",),
    ("workload",),
    ("timing",),
    ("stats",),
    ("inventory",),
    ("records",),
    ("on_host",),
)
"""From the street down to the cellar: a room knows those below it, and neither its neighbours nor those above."""
DATA = {"templates", "project"}
"""Folders whose files are data, whatever their names end with."""
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
PLACES = {
    "hadrill.plugin": "pytest_plugin",
    "hadrill.services": "records",
    "hadrill.services.service": "records",
    "hadrill.services.registry": "records",
}
"""Modules whose folder is not their room. A service's own folder holds its record, too."""


@dataclass(frozen=True, order=True)
class Arrow:
    """One module imports another of another room."""

    importer: str
    imported: str

    def __str__(self) -> str:
        return f"{self.importer} -> {self.imported}"

    @property
    def upward(self) -> bool:
        """Whether it leads to a room that is not below."""
        return RANK[room_of(self.imported)] <= RANK[room_of(self.importer)]


def room_of(module: str) -> str:
    """The room that a module belongs to. Raises KeyError where nobody said where its folder lies."""
    if module in PLACES:
        return PLACES[module]
    parts = module.split(".")
    if parts[1] == "services" and (parts[-1] == "record" or (HADRILL / "/".join(parts[1:]) / "record.py").exists()):
        return "records"
    room = parts[1]
    if room not in RANK:
        raise KeyError(f"{module}: no room is called {room}; tools/rooms.py holds their order")
    return room


def modules() -> dict[str, Path]:
    """Every module below hadrill/ but hadrill itself, which imports nothing."""
    known = {}
    # The installer and the lab are links in a checkout.
    files = (Path(folder) / name for folder, _, names in os.walk(HADRILL, followlinks=True) for name in names)
    for file in sorted(file for file in files if file.suffix == ".py" and not DATA.intersection(file.parts)):
        parts = ("hadrill", *file.relative_to(HADRILL).with_suffix("").parts)
        known[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    del known["hadrill"]
    return known


@cache
def arrows() -> tuple[Arrow, ...]:
    """All imports from one room into another, also those inside functions and for types only."""
    known = modules()
    drawn = {
        Arrow(module, imported)
        for module, file in known.items()
        for imported in _imports(file, known)
        if room_of(imported) != room_of(module)
    }
    return tuple(sorted(drawn))


def _imports(file: Path, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else node.module for name in names if node.module in known)
            yield from (name for name in names if node.module == "hadrill" and name in known)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def below() -> dict[str, set[str]]:
    """Each room, the street first, with those that it imports."""
    rooms: dict[str, set[str]] = {room: set() for room in sorted(RANK, key=RANK.__getitem__)}
    for arrow in arrows():
        rooms[room_of(arrow.importer)].add(room_of(arrow.imported))
    return rooms


def reached() -> dict[str, set[str]]:
    """Each room with all that it reaches through others. No import may run upwards."""
    rooms, reach = below(), dict[str, set[str]]()
    for room in reversed(rooms):
        reach[room] = rooms[room].union(*(reach[lower] for lower in rooms[room]))
    return reach


def picture() -> str:
    """The rooms as a Mermaid diagram, the street above."""
    further = reached()
    drawn = [
        f"    {room} --> {lower}"
        for room, rooms in below().items()
        for lower in sorted(rooms)
        if not any(lower in further[other] for other in rooms - {lower})
    ]
    return "\n".join(["```mermaid", "flowchart TD", *drawn, "```"]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(picture())
