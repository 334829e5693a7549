"""Tests of services that come from other packages."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from hadrill.services import registry


@cache
def others_folders(suite: str) -> tuple[Path, ...]:
    """Folders of a suite in the packages that services' records name, where they have that suite."""
    packages = (find_spec(known.suite) for known in registry.services() if known.suite)
    places = (Path(place) for package in packages if package for place in package.submodule_search_locations or ())
    return tuple(place / suite for place in places if (place / suite).is_dir())
