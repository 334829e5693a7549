"""Keeps the inventory's secrets out of everything that is printed or written."""

from collections.abc import Iterable
from pathlib import Path


class Scrubber:
    """Replaces secrets in a text. Values shorter than 8 characters do not occur: the inventory refuses them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted(secrets, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text with `***` in place of each secret."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def files(self, folder: Path) -> None:
        """Replace secrets in every file of a folder that another plugin wrote."""
        for file in (path for path in folder.rglob("*") if path.is_file()):
            before = file.read_bytes()
            after = before
            for secret in self._secrets:
                after = after.replace(secret.encode(), b"***")
            if after != before:
                file.write_bytes(after)
