"""What a command on a host left behind."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Output:
    """Exit status and both streams, decoded as UTF-8; bytes that are not UTF-8 show as \\xNN."""

    status: int
    stdout: str
    stderr: str

    @property
    def tail(self) -> str:
        """The last lines of what was said, errors first."""
        said = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return "\n".join(said[-10:])
