"""A group of click commands whose modules are imported when they are called, and not before."""

import ast
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import click


class LazyGroup(click.Group):
    """Knows its commands by 'module:Name'; those of other packages by an entry point group.

    An entry point may lead to what this installation has not: `elsewhere` says of such a command where it is found.
    The help of the group shows the first sentence of each command's docstring, read from the file without running it.
    """

    def __init__(
        self, *args: Any, lazy: Mapping[str, str], others: str, elsewhere: Mapping[str, str], **options: Any
    ) -> None:
        # Any: all else is click's own.
        super().__init__(*args, **options)
        self._lazy, self._others, self._elsewhere = lazy, others, elsewhere

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the alphabet, those of other packages among them."""
        return sorted({*super().list_commands(ctx), *self._lazy, *_entry_points(self._others)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself: this imports its module."""
        place = self._place(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        try:
            command = resolve_name(place)
        except ModuleNotFoundError as error:
            if not _misses(place, error):
                raise
            return _Missing(cmd_name, help=self._elsewhere.get(cmd_name, f"{error.name} is not installed."))
        if not isinstance(command, click.Command):
            raise TypeError(f"{place} is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help; imports none of their modules."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        rows = [(name, click.Command(name, help=self._help(ctx, name)).get_short_help_str(limit)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _place(self, name: str) -> str | None:
        return self._lazy.get(name) or _entry_points(self._others).get(name)

    def _help(self, ctx: click.Context, name: str) -> str | None:
        place = self._place(name)
        text = docstring(place) if place else None
        if text is None:
            command = self.get_command(ctx, name)
            text = command.help if command else None
        return text


class _Missing(click.Command):
    """Stands for a command that this installation has not, and says where it is."""

    ignore_unknown_options = True
    allow_extra_args = True

    def invoke(self, ctx: click.Context) -> None:
        """Say so. Raises ClickException."""
        raise click.ClickException(f"`{ctx.command_path}` is not part of this installation. {self.help}")


def _misses(place: str, error: ModuleNotFoundError) -> bool:
    """Whether the module itself, or a package that it lies in, is missing, and not one that it needs."""
    module = place.partition(":")[0]
    return error.name is not None and f"{module}.".startswith(f"{error.name}.")


@cache
def _entry_points(group: str) -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group=group)}


def docstring(place: str) -> str | None:
    """The docstring of the function at 'module:name', from its source; None where there is no such function."""
    module, _, name = place.partition(":")
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    for node in ast.parse(Path(spec.origin).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node)
    return None
