"""The only door to a host: SSH with checked host keys, output decoded as UTF-8, a deadline on everything.

Fabric keeps the connections; commands run on their channels. Imports only the inventory and timing.
"""

from hadrill.remote.errors import CommandFailedError, RemoteError, UnreachableError
from hadrill.remote.output import Output
from hadrill.remote.program import run_program
from hadrill.remote.remote import Remote

__all__ = ["CommandFailedError", "Output", "Remote", "RemoteError", "UnreachableError", "run_program"]
