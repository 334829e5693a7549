"""A wheel works without the checkout: installed into a venv of its own, from `hadrill init` to the HTML report."""

import contextlib
import json
import tomllib
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest

import hadrill
from hadrill.report.allure_program import BESIDE, cache
from tests.selftest.wheel import PINNED, ROOT, Installation, build

pytestmark = pytest.mark.xdist_group("wheel")  # the wheel is built and installed once, in one worker
LOOPBACK = ("10.0.0.", "127.94.0.")
"""Addresses of the example, and such that lead nowhere but to this computer, where nobody listens on them."""
OWN = ("hadrill", "tests", "fabfile")
ASKS_FOR_POWER = """
from pathlib import Path
from dataclasses import replace
from hadrill.faults.power import PowerError, driver
from hadrill.inventory import read

inventory = read(Path("inventories/mystack"))
try:
    driver(replace(inventory, settings=inventory.settings.model_copy(update={"lab": True})))
except PowerError as error:
    print(error)
"""
IMPORTS_EVERYTHING = """
import importlib, pkgutil, hadrill

for each in pkgutil.walk_packages(hadrill.__path__, "hadrill."):
    importlib.import_module(each.name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel, installed."""
    return Installation.of(wheel, tmp_path_factory.mktemp("venv"))


@pytest.fixture(scope="module")
def project(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that `hadrill init` laid down, whose hosts are this computer."""
    folder = tmp_path_factory.mktemp("empty")
    done = installation.run(folder, "hadrill", "init", "mystack")
    assert done.returncode == 0, done.stderr
    for file in (folder / "mystack" / "inventories" / "mystack").iterdir():
        file.write_text(file.read_text("utf-8").replace(*LOOPBACK), "utf-8")
    done = installation.run(folder / "mystack", "hadrill", "inventory", "credentials")
    assert done.returncode == 0, done.stderr
    return folder / "mystack"


def test_it_brings_one_top_level_name_and_leaves_the_lab_out(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {"hadrill", f"hadrill-{hadrill.__version__}.dist-info"}
    assert not [name for name in names if name.startswith("hadrill/lab")]
    assert not [name for name in names if "__pycache__" in name]


def test_it_has_every_file_of_the_checkout_but_the_labs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name: archive.read(name) for name in archive.namelist() if name.startswith("hadrill/")}
    files = {
        str(file.relative_to(ROOT)): file
        for top in ("hadrill", "hadrill/install", *(f"hadrill/project/tests/{suite.name}" for suite in suites()))
        for file in (ROOT / top).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and "node_modules" not in file.parts
    }
    assert len(files) > 150
    assert held == {name: file.read_bytes() for name, file in files.items()}


def test_types_are_checked_of_all_that_it_holds(wheel: Path) -> None:
    # Not above: everyone who collects these tests would load all of mypy.
    from mypy.find_sources import create_source_list
    from mypy.options import Options

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    options = Options()
    options.exclude = settings["exclude"]
    with contextlib.chdir(ROOT):
        checked = {f"{source.module}" for source in create_source_list(["hadrill"], options)}
    with zipfile.ZipFile(wheel) as archive:
        files = [Path(name) for name in archive.namelist() if name.endswith(".py")]
    held = {".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files if not is_data(file)}
    assert "hadrill.install.redis" in held
    assert held - checked == set()


def is_data(file: Path) -> bool:
    """What looks like a module and is laid down, in a project or on a host."""
    return "templates" in file.parts or file.parts[1] == "project"


def suites() -> list[Path]:
    """The folders of the suite in a project."""
    return [folder for folder in (ROOT / "hadrill" / "project" / "tests").iterdir() if folder.is_dir()]


def test_the_command_works_and_says_where_the_lab_is(installation: Installation, tmp_path: Path) -> None:
    assert installation.run(tmp_path, "hadrill", "--version").stdout == f"hadrill {hadrill.__version__}\n"
    shown = installation.run(tmp_path, "hadrill", "--help")
    assert shown.returncode == 0, shown.stderr
    assert "lab        The lab comes with hadrill's checkout" in shown.stdout
    lab = installation.run(tmp_path, "hadrill", "lab", "up", "--profile", "data")
    assert lab.returncode == 1
    (line,) = lab.stderr.splitlines()
    assert line.startswith("Error: `hadrill lab` is not part of this installation. The lab comes with hadrill's")


def test_the_labs_power_is_said_to_be_missing(installation: Installation, project: Path) -> None:
    done = installation.run(project, "python", "-c", ASKS_FOR_POWER)
    assert done.stdout == "the power driver 'lab' is not in this installation: it has no hadrill.lab\n", done.stderr


def test_a_project_checks_its_inventory_and_lists_what_it_installs(installation: Installation, project: Path) -> None:
    checked = installation.run(project, "hadrill", "inventory", "check")
    assert checked.returncode == 0, checked.stderr
    assert "Inventory mystack (inventories/mystack): 20 servers" in checked.stdout
    listed = installation.run(project, "fab", "-l")
    assert listed.returncode == 0, listed.stderr
    assert {"all", "base", "clean", "postgresql", "redis"} <= set(listed.stdout.split())


@pytest.mark.skipif(not BESIDE.exists(), reason="Allure is not installed here")
def test_the_basic_checks_end_with_their_page(installation: Installation, project: Path, tmp_path: Path) -> None:
    # As npm would have left it: whether npm can is tried on the lab's computer.
    place = tmp_path / "hadrill" / cache().name
    place.mkdir(parents=True)
    (place / "node_modules").symlink_to(BESIDE.parents[1].resolve())
    done = installation.run(project, "hadrill", "test", "basic", "-n0", XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    latest = project / "reports" / "latest"
    summary = json.loads((latest / "summary.json").read_text("utf-8"))
    assert (summary["passed"], summary["total"]) == (0, 13), done.stdout
    assert "hadrill: basic checks" in (latest / "index.html").read_text("utf-8"), done.stdout


def test_drills_are_listed_for_a_plan(installation: Installation, project: Path) -> None:
    done = installation.run(project, "pytest", "-m", "failover", "--plan", "--collect-only", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests/failover/test_redis.py" in done.stdout


def test_nothing_of_the_checkout_was_imported_and_nothing_twice(installation: Installation, project: Path) -> None:
    done = installation.run(project, "python", "-c", IMPORTS_EVERYTHING)
    assert done.returncode == 0, done.stderr
    modules = installation.imported()
    assert len([name for name in modules if name.startswith("hadrill.")]) > 100
    seen: defaultdict[Path, set[str]] = defaultdict(set)
    for name, file in modules.items():
        resolved = file.resolve()
        # The pinned packages may lie in the checkout's own folder .venv.
        assert resolved.is_relative_to(PINNED.resolve()) or not resolved.is_relative_to(ROOT.resolve()), name
        seen[resolved].add(name)
    own = {file: names for file, names in seen.items() if any(name.partition(".")[0] in OWN for name in names)}
    assert [names for names in own.values() if len(names) > 1] == []
