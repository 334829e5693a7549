"""How reports call what a check is about, in the order of their tables."""

from hadrill.services import registry

BESIDES = {"hosts": "Hosts", "ports": "Ports"}
"""Checks of every host, whatever runs on it."""


def titles() -> dict[str, str]:
    """Titles by the name of a service, or of what else is checked."""
    return {known.name: known.title for known in registry.services()} | BESIDES
