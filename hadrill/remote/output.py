"""The result of a command on a host."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Output:
    """Exit status and both streams, decoded as UTF-8; bytes that are not UTF-8 show as \\xNN."""

    status: int
    stdout: str
    stderr: str

    @property
    def tail(self) -> str:
        """The last ten lines of standard error; of standard output where that is empty."""
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return "\n".join(lines[-10:])
