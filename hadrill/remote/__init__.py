"""The only door to a host: SSH with checked host keys, output decoded as UTF-8, a deadline on everything.

Fabric keeps the connections. Commands run under /bin/sh whatever the user's shell is, and what that shell prints is
kept apart from their output. Commands are made of arguments (shell.py). Imports only the rooms inventory, timing and
on_host.
"""

from hadrill.remote.errors import BadAnswerError, CommandFailedError, RemoteError, UnreachableError, reading
from hadrill.remote.origin import runner_address
from hadrill.remote.output import Output
from hadrill.remote.program import follow_program, run_program
from hadrill.remote.remote import Remote

__all__ = [
    "BadAnswerError",
    "CommandFailedError",
    "Output",
    "Remote",
    "RemoteError",
    "UnreachableError",
    "follow_program",
    "reading",
    "run_program",
    "runner_address",
]
