"""Text for a host's shell, made from arguments. Values are quoted or passed beside the text, never pasted into it."""

import secrets
import shlex

OUTPUT_BEGINS = "hadrill-output-"


def command(*words: object) -> str:
    """A command of these words: each arrives as it is, whatever characters it has."""
    return shlex.join(map(str, words))


def word(value: object) -> str:
    """One word of a command, for a program that is made of several lines."""
    return shlex.quote(str(value))


def script(text: str, *values: object) -> str:
    """A fixed program for /bin/sh, which finds the values in $1, $2 and so on."""
    return command("sh", "-c", text, "sh", *values)


def new_mark() -> str:
    """A line that nothing else on the host can have printed."""
    return f"{OUTPUT_BEGINS}{secrets.token_hex(8)}"


def marked(text: str, mark: str) -> str:
    """The same program for /bin/sh, whatever the user's shell is; on both streams its output begins after the mark.

    What the user's shell prints while it starts comes before the mark. The shell is replaced, so that it prints
    nothing at its end.
    """
    return f"exec {command('sh', '-c', f'echo {mark}; echo {mark} >&2; {text}')}"


def after(mark: str, raw: bytes) -> tuple[bytes, bytes | None]:
    """What a stream holds before the mark's line, and after it; None where there is no such line."""
    noise, found, rest = raw.partition(f"{mark}\n".encode())
    return noise, rest if found else None
