"""Values of hadrill's options that pytest would take for paths, like the DIR of `pytest -m failover --inventory DIR`.

pytest looks for its ini file above the paths on the command line, and it does so before any plugin can add an option: a
value that stands by itself is a path to it. Outside the project no pytest.ini loads hadrill, or another project's does.
So this module is loaded into every pytest, by an entry point; where the project's own pytest.ini loads hadrill and was
not found for such a value, pytest begins anew with `--inventory=DIR`. It does nothing else, and imports little.
"""

from collections.abc import Generator, Iterable
from itertools import pairwise
from pathlib import Path

import pytest

INI = "pytest.ini"
LOADS = "hadrill.plugin"
AGAIN = pytest.StashKey[list[str]]()
"""The command line as it should have been."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Generator[None, None, None]:
    """Look whether pytest went astray; then nothing that is on the command line concerns this configuration."""
    yield
    given = [str(argument) for argument in early_config.invocation_params.args]
    folder = early_config.invocation_params.dir
    if not _options_before_paths(given, folder):
        return
    ini = next((base / INI for base in (folder, *folder.parents) if (base / INI).is_file()), None)
    if ini is not None and ini != early_config.inipath and LOADS in ini.read_text("utf-8", "replace"):
        joined = with_values(given)
        if joined != given:
            early_config.stash[AGAIN] = joined
            args.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Begin anew, where it is needed."""
    if AGAIN not in config.stash:
        return None
    return int(pytest.main(config.stash[AGAIN], plugins=config.invocation_params.plugins))


def with_values(arguments: Iterable[str]) -> list[str]:
    """A command line on which each option of hadrill's holds its value: `--node=redis-01`."""
    # Not before something is amiss: this loads what reads inventories.
    from hadrill.pytest_plugin.options import options_with_values

    names, joined = options_with_values(), list[str]()
    rest = iter(arguments)
    for argument in rest:
        value = next(rest, None) if argument in names else None
        joined.append(argument if value is None else f"{argument}={value}")
        if argument == "--":
            break
    return [*joined, *rest]


def _options_before_paths(arguments: list[str], folder: Path) -> bool:
    """Whether anything on the command line looks like an option with a path as its value."""
    return any(
        option.startswith("--") and "=" not in option and _exists(folder / value)
        for option, value in pairwise(arguments)
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # too long for a path
