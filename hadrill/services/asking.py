"""Asks every member of a cluster at once; a dead one takes one deadline, and hides no other."""

import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

from hadrill.inventory import Host, NotInInventoryError
from hadrill.remote import from_here
from hadrill.remote.errors import NoWayError
from hadrill.services import registry
from hadrill.services.errors import ServiceError, StatusError
from hadrill.services.finding import CheckFailedError, Finding
from hadrill.services.service import Service

Result = TypeVar("Result")

CONNECT_SECONDS = 2.0
"""Longest wait for a connection on the private network, where answers take under a millisecond."""
ANSWER_SECONDS = 4.0
"""Longest wait for the answer to a question that needs no work."""


def failures(*also: type[Exception]) -> tuple[type[Exception], ...]:
    """What asking a service may end with, for `except failures():`. Anything else is a bug of hadrill's own.

    A driver that is not loaded has raised nothing, and is not loaded to be named here.
    """
    drivers = [error for service in registry.services() for error in _errors_of(service)]
    return (*also, OSError, *drivers, ServiceError, NotInInventoryError)


def _errors_of(service: Service) -> tuple[type[Exception], ...]:
    loaded = [reference for reference in service.driver_errors if reference.partition(":")[0] in sys.modules]
    return tuple(registry.load(reference) for reference in loaded)


def denied(error: Exception) -> bool:
    """Whether a service denies the login, or what the user wants: by the type and code of its error."""
    if isinstance(error, StatusError):
        return error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    return any(
        registry.load(service.denied)(error)
        for service in registry.services()
        if service.denied and isinstance(error, _errors_of(service))
    )


def ask(
    hosts: Iterable[Host], question: Callable[[Host], Result], port: int, expected: str
) -> tuple[dict[Host, Result], list[Finding]]:
    """The results of the hosts that answered, and findings for those that did not."""
    chosen = list(hosts)

    def attempt(host: Host) -> tuple[Host, Result | None, list[Finding]]:
        try:
            return host, question(host), []
        except CheckFailedError as error:
            return host, None, list(error.findings)
        except failures() as error:
            return host, None, [silence(host.name, host.address, port, expected, error)]

    with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
        results = list(pool.map(attempt, chosen))
    answers = {host: answer for host, answer, _ in results if answer is not None}
    return answers, [finding for _, _, findings in results for finding in findings]


def through_each(
    attempt: Callable[[str, str], list[Finding]], entry_point: str, proxies: Iterable[Host], at: str = ""
) -> list[Finding]:
    """What an attempt finds at each way in, by name and address: first at the proxies, then at the entry point."""
    ways = [*((host.name, f"{host.address}{at}") for host in proxies), ("the entry point", entry_point)]
    with ThreadPoolExecutor(max_workers=len(ways)) as pool:
        return [finding for findings in pool.map(lambda way: attempt(*way), ways) for finding in findings]


def socket_of(address: str, usual: int) -> tuple[str, int]:
    """Address and port of a text that may leave the usual port out: `10.0.0.1`, `10.0.0.1:6380`."""
    host, colon, port = address.partition(":")
    return host, int(port) if colon else usual


def silence(name: str, address: str, port: int, expected: str, error: Exception, odd: str = "") -> Finding:
    """The finding for a host that did not answer as it must: refused, filtered, switched off, or wrong credentials.

    `odd` is the cause where something answers, but not as the service does.
    """
    reason = first_line(error)
    if denied(error):
        cause = "the credentials, or the permissions of their user, are not what the service has"
        return Finding(name, expected, reason, cause)
    address, port = socket_of(address, port)
    try:
        state = _port_state(address, port)
    except NoWayError as no_way:
        return Finding(name, expected, reason, str(no_way), unreachable=True)
    if state == "open":
        return Finding(name, expected, reason, odd or f"something answers on port {port}, but not as the service does")
    if state == "refused":
        return Finding(name, expected, reason, f"nothing listens on port {port}: the service is stopped")
    if _port_state(address, from_here.ssh_port(address)) in ("open", "refused"):
        return Finding(name, expected, reason, f"port {port} is filtered while the host answers: a firewall")
    return Finding(name, expected, reason, "the host does not answer at all: powered off or cut off", unreachable=True)


def disagreements(values: Mapping[Host, object], what: str, cause: str) -> list[Finding]:
    """Findings for the hosts whose value differs from the most frequent one."""
    every = list(values.values())
    if len(set(map(str, every))) <= 1:
        return []
    common = max(every, key=lambda value: sum(str(value) == str(other) for other in every))
    return [
        Finding(host.name, f"{what} {common}", str(value), cause)
        for host, value in values.items()
        if str(value) != str(common)
    ]


def first_line(error: Exception) -> str:
    """An error in one line."""
    text = str(error) or repr(error)
    lines = text.strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def _port_state(address: str, port: int) -> str:
    try:
        from_here.try_port(address, port, CONNECT_SECONDS)
    except NoWayError:
        raise
    except OSError as error:
        return "refused" if isinstance(error, ConnectionRefusedError) else "silent"
    return "open"
