"""What an exception says about the infrastructure: outcome, hosts, cause."""

from dataclasses import dataclass

from hadrill.diagnosis.unreached import UnreachedError
from hadrill.drill.errors import DrillBrokenError, DrillFailedError, DrillInconclusiveError, InconclusiveError
from hadrill.remote import RemoteError
from hadrill.report.outcome import Ending
from hadrill.report.secrets import Scrubber
from hadrill.safety.lease import LeaseHeldError
from hadrill.services.asking import failures
from hadrill.services.finding import CheckFailedError
from hadrill.timing import OverdueError


@dataclass(frozen=True)
class Failure:
    """How a check ended. `text` replaces pytest's traceback; empty where the traceback says more."""

    outcome: Ending
    message: str = ""
    cause: str = ""
    hosts: str = ""
    text: str = ""

    def as_property(self) -> dict[str, str]:
        """The form in which a report carries it to the summary: plain strings, which xdist can send."""
        return {"outcome": self.outcome.value, "host": self.hosts, "cause": self.cause, "message": self.message}


def explain(error: BaseException | None, scrub: Scrubber) -> Failure:
    """The Failure that an exception stands for; None is a pass. No text of it holds a secret."""
    if error is None:
        return Failure(Ending.PASSED)
    message = scrub(str(error))
    if isinstance(error, CheckFailedError):
        first = error.findings[0]
        hosts = ", ".join(dict.fromkeys(finding.host for finding in error.findings))
        outcome = Ending.UNREACHABLE if first.unreachable else Ending.FAILED
        return Failure(outcome, message, scrub(first.cause), hosts, message)
    if isinstance(error, DrillFailedError | DrillInconclusiveError | InconclusiveError | LeaseHeldError):
        outcome = Ending.FAILED if isinstance(error, DrillFailedError) else Ending.INCONCLUSIVE
        return Failure(outcome, message, message, text=f"{outcome}: {message}")
    if isinstance(error, UnreachedError):
        return Failure(Ending.UNREACHABLE, message, message, text=message)
    if isinstance(error, DrillBrokenError):
        return Failure(Ending.ERROR, message, message, text=f"{Ending.ERROR}: {message}")
    if isinstance(error, RemoteError):
        return Failure(Ending.UNREACHABLE, message, message, error.host, message)
    message = scrub(f"{type(error).__name__}: {error}")
    return Failure(_ending(error), message, message.splitlines()[0])


def _ending(error: BaseException) -> Ending:
    """For exceptions that no check raises by itself: an assertion fails, a service is silent, or hadrill has a bug."""
    if isinstance(error, AssertionError):
        return Ending.FAILED
    asked_to_end = not isinstance(error, Exception)
    return Ending.INCONCLUSIVE if asked_to_end or isinstance(error, failures(OverdueError)) else Ending.ERROR
