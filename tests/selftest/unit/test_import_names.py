"""Each module has one name: no file is imported a second time under another, which would make its classes strangers."""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.selftest.wheel import PINNED, ROOT

IMPORTS_EVERYTHING = """
import importlib, json, pkgutil, sys
import conftest, fabfile, hadrill
from hadrill.services import registry

suites = [importlib.import_module(f"tests.{suite}") for suite in ("basic", "hosts", "failover", "chaos")]
for package in (hadrill, *suites):
    for each in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(each.name)
for service in registry.services():
    for place in vars(service).values():
        if isinstance(place, str) and ":" in place:
            registry.load(place)
files = {name: module.__file__ for name, module in sys.modules.items() if getattr(module, "__file__", None)}
print(json.dumps(files))
"""


def test_no_file_of_the_checkout_has_two_names() -> None:
    command = [sys.executable, "-c", IMPORTS_EVERYTHING]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names: defaultdict[Path, set[str]] = defaultdict(set)
    for name, file in json.loads(done.stdout.splitlines()[-1]).items():
        if name != "__main__":
            names[Path(file).resolve()].add(name)
    root, pinned = ROOT.resolve(), PINNED.resolve()
    # The pinned packages may lie in the checkout's own folder .venv, and have their own ways.
    ours = {
        file: known for file, known in names.items() if file.is_relative_to(root) and not file.is_relative_to(pinned)
    }
    assert {"hadrill.install.redis", "hadrill.lab.lab", "tests.chaos.test_chaos"} <= {
        name for known in ours.values() for name in known
    }
    assert [known for known in ours.values() if len(known) > 1] == []
