"""The front door: licence, version, workflows and hooks are what they say they are."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml

import hadrill

ROOT = Path(__file__).parents[3]
BIN = ROOT / ".venv" / "bin"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def ended(*command: str) -> str:
    """What a program says about our files, where it finds fault with them."""
    done = subprocess.run([str(BIN / command[0]), *command[1:]], capture_output=True, text=True, check=False, cwd=ROOT)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def project() -> dict[str, Any]:
    """pyproject.toml's own table."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def test_workflows_are_what_the_service_understands() -> None:
    assert WORKFLOWS
    assert not ended("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS))


def test_workflows_give_nobody_more_than_they_need() -> None:
    assert not ended("zizmor", "--offline", "--no-progress", "--persona", "pedantic", *map(str, WORKFLOWS))


def test_the_public_ci_runs_every_python_that_is_promised() -> None:
    ci = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    promised = [name.rpartition(" ")[2] for name in project()["classifiers"] if re.search(r":: 3\.\d+$", name)]
    assert ci["jobs"]["unit"]["strategy"]["matrix"]["python"] == promised
    assert project()["requires-python"] == f">={promised[0]}"


def test_hooks_run_the_programs_of_the_venv_and_download_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system"}
    assert {hook["id"] for hook in hooks} == {"ruff", "mypy"}
    assert all((ROOT / hook["entry"].split()[0]).exists() for hook in hooks)


def test_the_version_has_one_place() -> None:
    assert project()["dynamic"] == ["version"]
    assert "version" not in project()
    assert f"## {hadrill.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert project()["license"] == "Apache-2.0"
    words = (ROOT / "LICENSE").read_text("utf-8").split()
    assert words[:4] == ["Apache", "License", "Version", "2.0,"]
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in " ".join(words)
