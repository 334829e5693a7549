"""A Python program for a host, which needs nothing there but Python 3: it comes over SSH and leaves nothing behind."""

import json
from typing import Any

from hadrill.inventory import Host
from hadrill.remote.remote import Remote

# The program and its input both come over standard input, the program first, with its length in front.
_LOADER = 'python3 -c \'import sys; exec(compile(sys.stdin.read(int(sys.stdin.readline())), "on_host", "exec"))\''


def run_program(remote: Remote, host: Host, program: str, message: object, seconds: float) -> Any:
    """What a program prints as JSON, when it has read the message as JSON. Raises RemoteError."""
    text = f"{len(program)}\n{program}{json.dumps(message)}"
    return json.loads(remote.run(host, _LOADER, stdin=text, seconds=seconds).stdout)
