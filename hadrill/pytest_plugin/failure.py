"""What an exception says about the infrastructure: outcome, hosts, cause."""

from dataclasses import dataclass

from hadrill.diagnosis.unreached import UnreachedError
from hadrill.drill.errors import DrillBrokenError, DrillFailedError, DrillInconclusiveError, InconclusiveError
from hadrill.remote import RemoteError
from hadrill.report.outcome import ERROR, FAILED, INCONCLUSIVE, PASSED, UNREACHABLE
from hadrill.report.secrets import Scrubber
from hadrill.safety.lease import LeaseHeldError
from hadrill.services.finding import CheckFailedError


@dataclass(frozen=True)
class Failure:
    """One check's end. `text` replaces pytest's traceback; empty where the traceback says more."""

    outcome: str
    message: str = ""
    cause: str = ""
    hosts: str = ""
    text: str = ""

    def as_property(self) -> dict[str, str]:
        """The form in which a report carries it to the summary."""
        return {"outcome": self.outcome, "host": self.hosts, "cause": self.cause, "message": self.message}


def explain(error: BaseException | None, scrub: Scrubber) -> Failure:
    """What a test ended with; None is a pass. Nothing in the answer is secret."""
    if error is None:
        return Failure(PASSED)
    message = scrub(str(error))
    if isinstance(error, CheckFailedError):
        first = error.findings[0]
        hosts = ", ".join(dict.fromkeys(finding.host for finding in error.findings))
        outcome = UNREACHABLE if first.unreachable else FAILED
        return Failure(outcome, message, scrub(first.cause), hosts, message)
    if isinstance(error, DrillFailedError | DrillInconclusiveError | InconclusiveError | LeaseHeldError):
        outcome = FAILED if isinstance(error, DrillFailedError) else INCONCLUSIVE
        return Failure(outcome, message, message, text=f"{outcome}: {message}")
    if isinstance(error, UnreachedError):
        return Failure(UNREACHABLE, message, message, text=message)
    if isinstance(error, DrillBrokenError):
        return Failure(ERROR, message, message, text=f"{ERROR}: {message}")
    if isinstance(error, RemoteError):
        return Failure(UNREACHABLE, message, message, error.host, message)
    message = scrub(f"{type(error).__name__}: {error}")
    return Failure(INCONCLUSIVE, message, message.splitlines()[0])
