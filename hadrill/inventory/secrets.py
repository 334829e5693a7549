"""Recognizes secrets in files that go into git, where none may be."""

import re

_ASSIGNED = re.compile(r"(?i)(passw(or)?d|passphrase|secret|token|api[_-]?key|cookie)\w*\s*[:=]\s*\S+")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")
_KEY_NAME = re.compile(r"(?i)(passw(or)?d|passphrase|secret|token|api[_-]?key|cookie)$")


def looks_like_a_secret(text: str) -> bool:
    """Whether the text assigns a password, a token or the like, or is a private key."""
    return bool(_ASSIGNED.search(text) or _PRIVATE_KEY.search(text))


def names_a_secret(key: str) -> bool:
    """Whether a YAML key is named like something that belongs into a credentials file."""
    return bool(_KEY_NAME.search(key))
