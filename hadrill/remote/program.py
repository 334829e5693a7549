"""Runs a Python program on a host. It needs nothing there but Python 3, comes over SSH and leaves nothing behind."""

import json
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
