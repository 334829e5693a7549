"""A YAML file that is checked against a pydantic model, with the line and column of each mistake."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from hadrill.inventory.problem import Problem
from hadrill.inventory.secrets import looks_like_a_secret, names_a_secret
from hadrill.inventory.servers import read_text

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[int, int]


def read_document(file: Path, model: type[Model], problems: list[Problem]) -> Model | None:
    """The file as an instance of `model`, or None after adding every mistake to `problems`."""
    text = read_text(file, problems)
    if text is None:
        return None
    before = len(problems)
    try:
        # Not libyaml's parser: it crashes where brackets open without end.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            # Before the content is made: keys that are merged into a mapping would look like repetitions.
            _refuse_repetition_and_secrets(file, root, problems)
        content = _content(root)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        what = getattr(error, "problem", None) or str(error) or type(error).__name__
        problems.append(Problem(file, line, column, f"not valid YAML: {what}", "Correct the syntax."))
        return None
    try:
        checked = model.model_validate(content if content is not None else {})
    except ValidationError as error:
        for problem in flaws(file, error, lambda loc: _place(root, loc)):
            # A key that may not stand here twice, or at all, is unknown besides.
            if all((told.line, told.column) != (problem.line, problem.column) for told in problems[before:]):
                problems.append(problem)
        return None
    return checked if len(problems) == before else None


def flaws(file: Path, error: ValidationError, place: Callable[[tuple[int | str, ...]], Place]) -> Iterator[Problem]:
    """What a model does not take, each where it stands."""
    for flaw in error.errors(include_url=False, include_input=False):
        where = ".".join(map(str, flaw["loc"])) or "the document"
        remedy = "See docs/inventory.md for what may stand here."
        yield Problem(file, *place(tuple(flaw["loc"])), f"{where}: {flaw['msg']}", remedy)


def place_of(file: Path, path: tuple[int | str, ...]) -> Place:
    """Line and column of a path of keys and indexes in a file that was read."""
    return _place(yaml.compose(read_text(file, []) or "", Loader=yaml.SafeLoader), path)


def _content(root: yaml.Node | None) -> Any:
    """The content of a document that is parsed already."""
    loader = yaml.SafeLoader("")
    try:
        return None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()


def _refuse_repetition_and_secrets(file: Path, root: yaml.Node, problems: list[Problem]) -> None:
    visited: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
        elif isinstance(node, yaml.ScalarNode) and looks_like_a_secret(node.value):
            problems.append(Problem(file, *_start(node), "a secret", "Move it to credentials/ and change it."))
        elif isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                stack.append(value)
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if names_a_secret(key.value) and isinstance(value, yaml.ScalarNode):
                    what = f"{key.value} is a secret"
                    problems.append(Problem(file, *_start(key), what, "Move it to credentials/ and change it."))
                if key.value in keys:
                    problems.append(Problem(file, *_start(key), f"{key.value} stands twice", "Keep one of them."))
                keys.add(key.value)


def _place(root: yaml.Node | None, path: tuple[int | str, ...]) -> Place:
    """The place of a path of keys and indexes; where the path ends early, the last place that exists."""
    if root is None:
        return 0, 0
    node, place = root, _start(root)
    for step in path:
        below: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                    below, place = value, _start(key)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            below = node.value[step]
            place = _start(below)
        if below is None:
            break
        node = below
    return place


def _start(node: yaml.Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1
