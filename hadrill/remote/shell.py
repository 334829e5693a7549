"""Text for a host's shell, made from arguments. Values are quoted or passed beside the text, never pasted into it."""

import secrets
import shlex

OUTPUT_BEGINS = "hadrill-output-"


def command(*words: object) -> str:
    """A command of these words. Each is quoted, so that it arrives as it is, whatever characters it has."""
    return shlex.join(map(str, words))


def word(value: object) -> str:
    """One quoted word of a command, for a program of several lines."""
    return shlex.quote(str(value))


def script(text: str, *values: object) -> str:
    """A fixed program for /bin/sh, which finds the values in $1, $2 and so on."""
    return command("sh", "-c", text, "sh", *values)


def new_mark() -> str:
    """A line that nothing else on the host can have printed."""
    return f"{OUTPUT_BEGINS}{secrets.token_hex(8)}"


def marked(text: str, mark: str) -> str:
    """A command that runs this program under /bin/sh, whatever the user's shell is, with a mark before its output.

    What the user's shell prints while it starts comes before the mark, on both streams. /bin/sh takes the shell's
    place, so that the shell prints nothing at its end.
    """
    return f"exec {command('sh', '-c', _announced(text, mark))}"


def marked_as_root(text: str, mark: str) -> str:
    """The same by way of sudo, for a user who is not root. On the error stream another mark comes before sudo's words.

    So a shell that never comes to sudo is told from a sudo that refuses.
    """
    # Some distributions' sudo leaves out where programs of one's own lie.
    program = f'PATH="$PATH:/usr/local/sbin:/usr/local/bin"; {text}'
    as_root = command("sudo", "-n", "-H", "--", "sh", "-c", _announced(program, mark))
    return f"exec {command('sh', '-c', f'echo {before_sudo(mark)} >&2; exec {as_root}')}"


def before_sudo(mark: str) -> str:
    """What stands before the words of sudo."""
    return f"{mark}-sudo"


def _announced(text: str, mark: str) -> str:
    return f"echo {mark}; echo {mark} >&2; {text}"


def around(mark: str, raw: bytes) -> tuple[bytes, bytes | None]:
    """What a stream holds before the mark's line, and after it; None for the latter where there is no such line."""
    noise, line, rest = raw.partition(f"{mark}\n".encode())
    return noise, rest if line else None
