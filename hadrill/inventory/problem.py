"""One mistake in an inventory, and all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """A mistake: where it stands (line and column from 1; 0 is the whole file), what it is, what to do."""

    file: Path
    line: int
    column: int
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else str(self.file)
        return f"{place}: {self.message}. {self.remedy}"


class InvalidInventoryError(Exception):
    """Every mistake found in an inventory, in the order of files and lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        noun = "mistake" if count == 1 else "mistakes"
        super().__init__(
            "\n".join([f"the inventory has {count} {noun}; nothing was touched:", *map(str, self.problems)])
        )


class NotInInventoryError(LookupError):
    """The inventory does not have what is asked for; the text says what there is, or how to add it."""
