"""The verbs of a project, which is a folder with an inventory, the suite's tests and a fabfile: init, test."""

import os
import re
import sys
from pathlib import Path

import click

SOURCE = Path(__file__).parents[1] / "project"
EXAMPLE = "mystack"
"""The name that stands in the files of SOURCE wherever the project's own belongs."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
SUITES = ("basic", "hosts", "failover", "chaos")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Lay down a project in FOLDER: an inventory to edit, the suite's tests, pytest.ini and a fabfile."""
    name = folder.resolve().name
    if not NAME.fullmatch(name):
        raise click.ClickException(
            f"{name!r} cannot be an inventory's name: give FOLDER one of small letters, digits and -"
        )
    texts = {folder / place: source.read_text("utf-8").replace(EXAMPLE, name) for place, source in _files(name).items()}
    if there := sorted(str(file) for file in texts if file.exists()):
        raise click.ClickException(f"nothing was written, as it would overwrite {', '.join(there)}")
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    inventory = folder / "inventories" / name
    click.echo(f"{len(texts)} files in {folder}. Next: put your hosts into {inventory / 'servers.tsv'},")
    click.echo("then, in that folder: `hadrill inventory credentials`, `hadrill inventory check`. README.md says more.")


def _files(name: str) -> dict[Path, Path]:
    """Where each file of a project comes from, by its place in the project."""
    places = {Path("inventories") / name / file.name: file for file in (SOURCE / "inventory").iterdir()}
    places |= {Path(file): SOURCE / file for file in ("README.md", "fabfile.py", "pytest.ini")}
    places[Path(".gitignore")] = SOURCE / "gitignore"
    places[Path("tests/__init__.py")] = SOURCE / "tests" / "__init__.py"
    for suite in SUITES:
        places |= {Path("tests") / suite / file.name: file for file in (SOURCE / "tests" / suite).glob("*.py")}
    return places


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("suite", type=click.Choice(SUITES))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def test(suite: str, options: tuple[str, ...]) -> None:
    """Run a SUITE of tests in this folder: pytest with its path and whatever OPTIONS of pytest follow."""
    if not Path("tests", suite).is_dir():
        raise click.ClickException(
            f"no tests/{suite} here: go to a project's folder (`hadrill init FOLDER` makes one), or to a checkout"
        )
    command = [sys.executable, "-m", "pytest", f"tests/{suite}", *options]
    os.execv(command[0], command)  # noqa: S606 - becomes pytest, and gets its signals
