"""What a check found to be wrong, and where."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be: the host, what is expected, what is there, and the likely cause."""

    host: str
    expected: str
    actual: str
    cause: str
    unreachable: bool = False

    def __str__(self) -> str:
        return f"{self.host}: expected {self.expected}, found {self.actual} (likely cause: {self.cause})"


class CheckFailedError(AssertionError):
    """A check does not hold; it has all findings, the most telling first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        # A host that does not answer at all explains more than what others say about it.
        self.findings = tuple(sorted(findings, key=lambda finding: not finding.unreachable))
        super().__init__("\n".join(map(str, self.findings)))


class LeftOutError(Exception):
    """A check is about something that somebody else's stack does not have: the text says what."""


def require(findings: Iterable[Finding | None]) -> None:
    """Raise CheckFailedError where there is a finding."""
    if failed := [finding for finding in findings if finding is not None]:
        raise CheckFailedError(failed)
