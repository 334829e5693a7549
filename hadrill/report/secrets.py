"""Keeps the inventory's secrets out of everything that is printed or written."""

import json
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from urllib.parse import quote

NESTED = 2
"""A file may hold a form within a form: a log line in JSON, kept as a text in JSON."""


class Scrubber:
    """Replaces secrets in a text, in each form in which a file may write them.

    Values shorter than 8 characters do not occur: the inventory refuses them.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first: where a shorter form is part of it, replacing that first would leave the rest.
        self._forms = sorted({form for secret in secrets for form in forms(secret)}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text with `***` in place of each secret."""
        for form in self._forms:
            text = text.replace(form, "***")
        return text

    def files(self, folder: Path) -> None:
        """Replace secrets in every file of a folder."""
        for file in (path for path in folder.rglob("*") if path.is_file()):
            before = file.read_bytes()
            after = before
            for form in self._forms:
                after = after.replace(form.encode(), b"***")
            if after != before:
                file.write_bytes(after)


def forms(secret: str) -> set[str]:
    """A secret as it is written in plain text, in JSON, in XML or HTML, in a URL, and in one of these within another.

    A secret of letters and digits, like those that hadrill makes, has only one form.
    """
    written: tuple[Callable[[str], str], ...] = (_in_json, escape, quote, _all_quoted)
    known = {secret}
    for _ in range(NESTED):
        known |= {form(text) for text in known for form in written}
    return known


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _all_quoted(text: str) -> str:
    return quote(text, safe="")
