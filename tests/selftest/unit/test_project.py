"""A project of one's own: `hadrill init` lays it down, `hadrill test` runs its suites."""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import hadrill
from hadrill.cli.command import commands
from hadrill.cli.project import SUITES
from hadrill.inventory import read
from hadrill.inventory.default import default_folder
from tests.selftest.unit.projects import ROOT


def called(*arguments: str) -> Result:
    """How a verb ends."""
    return CliRunner().invoke(commands, list(arguments))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_new_project_has_an_inventory_that_is_valid_and_bears_its_name(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert called("init", "shop").exit_code == 0
    monkeypatch.chdir(here / "shop")
    done = called("inventory", "credentials")
    assert done.exit_code == 0, done.output
    assert "inventories/shop/credentials/redis.env" in done.output
    inventory = read(default_folder())
    assert inventory.settings.name == "shop"
    assert {host.fqdn.partition(".")[2] for host in inventory.hosts} == {"shop.example"}
    assert not [name for name, text in contents(here / "shop").items() if b"mystack" in text or "mystack" in name]


def test_a_new_project_has_the_suites_of_the_checkout_and_its_fabfile(here: Path) -> None:
    called("init", "shop")
    laid = contents(here / "shop")
    for suite in SUITES:
        tests = {f"tests/{suite}/{file.name}": file.read_bytes() for file in (ROOT / "tests" / suite).glob("*.py")}
        assert tests.items() <= laid.items()
    assert laid["fabfile.py"] == (ROOT / "fabfile.py").read_bytes()
    assert b"-p hadrill.plugin" in laid["pytest.ini"]
    assert "inventories/*/credentials" in laid[".gitignore"].decode().split()


def test_a_project_is_laid_down_beside_what_is_there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "shop").mkdir()
    (here / "shop" / "notes.txt").write_text("mine")
    monkeypatch.chdir(here / "shop")
    assert called("init", ".").exit_code == 0
    assert contents(here / "shop")["notes.txt"] == b"mine"
    assert (here / "shop" / "inventories" / "shop" / "servers.tsv").exists()


def test_what_would_be_overwritten_is_named(here: Path) -> None:
    assert called("init", "shop").exit_code == 0
    (here / "shop" / "fabfile.py").write_text("mine")
    before = contents(here / "shop")
    done = called("init", "shop")
    assert done.exit_code == 1
    assert "nothing was written, as it would overwrite shop/.gitignore" in done.output
    assert contents(here / "shop") == before


def test_a_folder_that_cannot_name_an_inventory_is_refused(here: Path) -> None:
    done = called("init", "My_Stack")
    assert done.exit_code == 1
    assert "'My_Stack' cannot be an inventory's name" in done.output
    assert not contents(here)


@pytest.mark.parametrize(
    ("folders", "meant"), [(["shop"], "shop"), (["lab", "shop"], "lab"), (["a", "b"], "lab"), ([], "lab")]
)
def test_the_usual_inventory_is_the_only_one_or_the_labs(here: Path, folders: list[str], meant: str) -> None:
    for folder in folders:
        (here / "inventories" / folder).mkdir(parents=True)
    assert default_folder() == Path("inventories") / meant


def test_the_verb_test_becomes_pytest_with_a_suites_path(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.append(command))
    (here / "tests" / "failover").mkdir(parents=True)
    called("test", "failover", "--plan", "-k", "redis", "-h")
    assert became == [[sys.executable, "-m", "pytest", "tests/failover", "--plan", "-k", "redis", "-h"]]


def test_the_verb_test_says_where_suites_are(here: Path) -> None:
    done = called("test", "basic")
    assert done.exit_code == 1
    assert "no tests/basic here: go to a project's folder" in done.output
    assert called("test", "selftest").exit_code == 2


def test_the_command_says_its_version() -> None:
    assert called("--version").output == f"hadrill {hadrill.__version__}\n"
