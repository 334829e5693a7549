"""Runs commands on a stack of somebody else's, as a user does."""

import subprocess

from tests.selftest.lab.suite import BIN, ROOT

COMMAND_SECONDS = 180


def call(*command: str, status: int = 0) -> str:
    """What a command says; it must end with this status."""
    program = [str(BIN / command[0]), *command[1:]]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr
