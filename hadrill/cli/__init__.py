"""The command `hadrill`: thin verbs over the rooms that do the work. Nothing in hadrill/ imports this room.

A command's module is imported when that command is called, so that `hadrill --help` waits for no database driver.
"""

from hadrill.cli.command import main

__all__ = ["main"]
