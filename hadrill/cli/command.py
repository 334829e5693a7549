"""The group `hadrill` and its entry point: each verb says what went wrong in a sentence and ends with 1."""

import sys

import click

from hadrill import __version__
from hadrill.cli.lazy import LazyGroup

COMMANDS = {
    "adopt": "hadrill.cli.adopt:adopt",
    "budget": "hadrill.cli.drills:budget",
    "compare": "hadrill.cli.results:compare",
    "diagnose": "hadrill.cli.drills:diagnose",
    "heal": "hadrill.cli.drills:heal",
    "history": "hadrill.cli.results:history",
    "init": "hadrill.cli.project:init",
    "inventory": "hadrill.cli.inventory:inventory",
    "nightly": "hadrill.cli.chaos:nightly",
    "shrink": "hadrill.cli.chaos:shrink",
    "test": "hadrill.cli.project:test",
}
"""Verbs, and where their code lies."""

OTHERS = "hadrill.commands"
"""The entry points of other packages' verbs. The lab's come from there: nothing here knows the lab."""


ELSEWHERE = {"lab": "The lab comes with hadrill's checkout, which has the images of its machines: `make demo` there."}
"""Where to find a verb that is not in every installation."""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    others=OTHERS,
    elsewhere=ELSEWHERE,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="hadrill", message="%(prog)s %(version)s")
def commands() -> None:
    """Install, prove and break highly available stacks."""


def main() -> None:
    """Entry point: errors are sentences on standard error, never a traceback."""
    try:
        commands.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except _invalid_inventory() as error:
        click.echo(f"hadrill: {error}", err=True)
        sys.exit(1)


def _invalid_inventory() -> type[Exception]:
    """Imported only once something was raised: most commands need no inventory before that."""
    from hadrill.inventory import InvalidInventoryError

    return InvalidInventoryError
