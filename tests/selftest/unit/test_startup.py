"""What starts fast imports little: asserted on the modules that are loaded, never on a clock."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from hadrill.cli.command import commands

DRIVERS = ("boto3", "botocore", "fabric", "hcloud", "kubernetes", "paramiko", "pika", "psycopg", "pymysql", "redis")
HEAVY = ("allure", "cryptography", "jinja2", "prometheus_client", "pydantic", "pytest", "rich", "testinfra", "urllib3")


def loaded_by(program: str, *arguments: str) -> set[str]:
    """The top-level modules, and those of hadrill, that a fresh interpreter has when a program ends."""
    shown = f"import sys\ntry:\n    {program}\nfinally:\n    sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", shown, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {name if name.startswith("hadrill") else name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_the_help_loads_no_driver_and_reads_no_inventory(arguments: list[str]) -> None:
    loaded = loaded_by("from hadrill.cli import main; main()", *arguments)
    assert loaded.isdisjoint(DRIVERS + HEAVY)
    assert {name for name in loaded if name.startswith("hadrill.")} <= {
        "hadrill.cli",
        "hadrill.cli.command",
        "hadrill.cli.lazy",
        "hadrill.lab",  # an entry point's folder, to find the file that its help is read from
    }


def test_the_help_says_of_each_verb_what_the_verb_says_itself() -> None:
    shown = CliRunner().invoke(commands, ["--help"]).output
    rows = dict(line.split(maxsplit=1) for line in shown.partition("Commands:\n")[2].splitlines())
    context = click.Context(commands)
    verbs = {name: commands.get_command(context, name) for name in commands.list_commands(context)}
    assert set(rows) == set(verbs) >= {"diagnose", "heal", "inventory", "shrink", "lab"}
    for name, verb in verbs.items():
        assert verb is not None
        assert verb.get_short_help_str(300).startswith(rows[name].removesuffix("..."))


def test_a_verb_that_is_not_there_is_named_with_those_that_are() -> None:
    done = CliRunner().invoke(commands, ["diagnoze"])
    assert done.exit_code == 2
    assert "No such command 'diagnoze'" in done.output


@pytest.mark.parametrize("module", ["hadrill.services.asking", "hadrill.remote", "hadrill.diagnosis", "hadrill.report"])
def test_what_every_command_needs_loads_no_driver(module: str) -> None:
    assert loaded_by(f"import {module}").isdisjoint(DRIVERS)


def test_checks_of_a_cluster_that_is_not_there_load_no_kubernetes() -> None:
    assert "kubernetes" not in loaded_by("import hadrill.services.kubernetes.checks")


def test_the_pytest_plugin_loads_no_driver_before_a_check_asks_for_its_service() -> None:
    asks = "from hadrill.plugin import CLUSTERS; assert 'redis' in CLUSTERS and 'haproxies' not in CLUSTERS"
    assert loaded_by(asks).isdisjoint(DRIVERS)
