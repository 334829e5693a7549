"""Runs a Python program on a host. It needs nothing there but Python 3, comes over SSH and leaves nothing behind."""

import json
import threading
from collections.abc import Iterator
from typing import Any

from hadrill.inventory import Host
from hadrill.remote import shell
from hadrill.remote.errors import BadAnswerError, shortened
from hadrill.remote.remote import Remote

# The program and its input both come over standard input, the program first, with a mark and its length in front.
# The mark is printed before it runs: what Python itself or the site's customization of it prints comes before that.
_LOADER = shell.command(
    "python3",
    "-I",
    "-X",
    "utf8",
    "-c",
    "import sys; i = sys.stdin; print(i.readline(), end='', flush=True);"
    " exec(compile(i.read(int(i.readline())), 'on_host', 'exec'))",
)


def run_program(remote: Remote, host: Host, program: str, message: object, seconds: float) -> Any:
    """Run a program of hadrill.on_host, which reads the message as JSON. Returns what it prints as JSON.

    Raises RemoteError; BadAnswerError where the output is not JSON.
    """
    mark = shell.new_mark()
    text = f"{mark}\n{len(program)}\n{program}{json.dumps(message)}"
    printed = remote.run(host, _LOADER, stdin=text, seconds=seconds).stdout
    _, began, answer = printed.partition(f"{mark}\n")
    try:
        return json.loads(answer)
    except ValueError as error:
        what = f"answered {shortened(answer)}" if began else f"printed {shortened(printed)}"
        message = f"a program of hadrill {what} instead of JSON: see what changes the output of python3 there"
        raise BadAnswerError(host.name, message) from error


def follow_program(remote: Remote, host: Host, program: str, message: object, stop: threading.Event) -> Iterator[Any]:
    """Run a program of hadrill.on_host that reads one line of JSON and prints others until its standard input ends.

    Yields each as it comes, until `stop` is set or the program ends. Raises RemoteError.
    """
    mark, began = shell.new_mark(), False
    text = f"{mark}\n{len(program)}\n{program}{json.dumps(message)}\n"
    for line in remote.follow(host, _LOADER, text, stop):
        if began:
            try:
                yield json.loads(line)
            except ValueError as error:
                what = f"a program of hadrill answered {shortened(line)} instead of JSON"
                raise BadAnswerError(host.name, what) from error
        began = began or line == mark
