"""What can go wrong on the way to a host, each as a sentence with the host and the remedy."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hadrill.inventory import Host
from hadrill.remote.output import Output

SHOWN = 200


class RemoteError(Exception):
    """Something went wrong on one host; `host` is its name."""

    def __init__(self, host: str, message: str) -> None:
        self.host, self.reason = host, message
        super().__init__(f"{host}: {message}")


class UnreachableError(RemoteError):
    """The host cannot be worked with at all: power, network, host key or login."""


class NoAccessError(UnreachableError):
    """The host is there and does not let us in as we must be: host key, login, or root."""


class NotRootError(NoAccessError):
    """A login that is not root's and may not become root without a password."""

    def __init__(self, host: str, user: str, missing: bool, words: str) -> None:
        rule = f"`{user} ALL=(ALL) NOPASSWD: ALL` and `Defaults:{user} !requiretty` in /etc/sudoers.d/hadrill (0440)"
        remedy = "install sudo there, and put" if missing else "let it without a password: put"
        self.user, self.why = user, f"{shortened(words)}; {remedy} {rule}"
        super().__init__(host, not_root(user, [host], self.why))
        # The sentence names the host.
        self.args = (self.reason,)


def not_root(user: str, hosts: Iterable[str], why: str) -> str:
    """That a user may not become root on some hosts."""
    return f"{user} may not become root on {', '.join(hosts)}: {why}"


class NoWayError(ConnectionError):
    """The way to a port ends at a jump host: nothing is known of the port itself."""


class ForwardingForbiddenError(NoWayError):
    """A jump host that lets nobody through."""


class CommandFailedError(RemoteError):
    """A command ended with another status than 0, or not in time."""

    def __init__(self, host: str, command: str, output: Output) -> None:
        self.command, self.output = command, output
        short = command if len(command) <= 120 else command[:117] + "..."
        super().__init__(host, f"`{short}` ended with {output.status}:\n{output.tail}")


class BadAnswerError(RemoteError):
    """The host answered, but not what it was asked for. The answers of other hosts are not affected."""


class NoisyShellError(BadAnswerError):
    """The user's shell printed something and never ran the command."""

    def __init__(self, host: str, user: str, noise: str) -> None:
        printed = f"printed {shortened(noise)}" if noise.strip() else "printed nothing"
        super().__init__(
            host,
            f"the shell of user {user} {printed} and did not run what it was told to: let its start files (~/.bashrc, "
            "~/.profile, /etc/bash.bashrc and the like) read, print and end nothing where there is no terminal "
            "(`[ -t 0 ] || return` at their top), and see that its login shell is one",
        )


def shortened(text: str) -> str:
    """The beginning of what a host printed, short enough for a sentence."""
    text = text.strip()
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 3] + "...")


@contextmanager
def reading(host: Host) -> Iterator[None]:
    """Around the lines that parse a host's answer, and no others: what goes wrong in them is a BadAnswerError."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadAnswerError(host.name, f"its answer cannot be read: {type(error).__name__}: {error}") from error
