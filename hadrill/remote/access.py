"""Whether hosts let us in as we must be, asked of all at once before anything is touched."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from hadrill.inventory import Host
from hadrill.remote.errors import NoAccessError, NotRootError, RemoteError, not_root
from hadrill.remote.remote import Remote

ASK_SECONDS = 20.0


class NoAccessAnywhereError(Exception):
    """Hosts that do not let us in: each reason once, with its hosts."""


def require_access(remote: Remote, hosts: Iterable[Host]) -> None:
    """Log in and become root wherever a login is not simply root's. Raises NoAccessAnywhereError with every refusal.

    A host that does not answer is none of this: it may be switched off.
    """
    by_sudo: list[Host] = []
    refused: dict[Host, RemoteError] = {}
    for host in hosts:
        try:
            if not remote.login(host).is_root:
                by_sudo.append(host)
        except NoAccessError as error:
            refused[host] = error
    refused |= {h: error for h, error in refusals(remote, by_sudo).items() if isinstance(error, NoAccessError)}
    if refused:
        raise NoAccessAnywhereError("\n".join([*sentences(refused), "nothing was touched"]))


def refusals(remote: Remote, hosts: Iterable[Host]) -> dict[Host, RemoteError]:
    """Log in everywhere, become root, and do nothing: what stood in the way, by host."""
    answers = remote.everywhere(hosts, lambda host: remote.run(host, "true", seconds=ASK_SECONDS))
    return {host: answer for host, answer in answers.items() if isinstance(answer, RemoteError)}


def sentences(refused: Mapping[Host, RemoteError]) -> list[str]:
    """What is to be said of them: hosts with the same want of sudo together."""
    not_roots, others = defaultdict(list), []
    for host, error in refused.items():
        if isinstance(error, NotRootError):
            not_roots[error.user, error.why].append(host.name)
        else:
            others.append(str(error))
    return [*(not_root(user, names, why) for (user, why), names in not_roots.items()), *others]
