"""What is true of a healthy Echo."""

from hadrill.services.asking import ask
from hadrill.services.finding import Finding, require
from hadrill_echo.client import PORT, Echo

WORD = "Hello, who is there?"


def answering(service: Echo) -> None:
    """Every member says something. Raises CheckFailedError."""
    require(ask(service.members, lambda host: service.ask(host, WORD), PORT, "to say something")[1])


def faithful(service: Echo) -> None:
    """Every member says what it hears. Raises CheckFailedError."""
    answers, findings = ask(service.members, lambda host: service.ask(host, WORD), PORT, f"to say {WORD!r}")
    for host, answer in answers.items():
        if answer != WORD:
            cause = "its server.py is not the one that was installed"
            findings.append(Finding(host.name, f"to say {WORD!r}", repr(answer), cause))
    require(findings)


ALL = (faithful,)
