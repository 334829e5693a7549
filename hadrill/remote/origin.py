"""The address under which a host sees this computer. Behind a jump host or NAT this computer does not know it."""

import ipaddress

from hadrill import on_host
from hadrill.inventory import Host
from hadrill.remote.errors import BadAnswerError
from hadrill.remote.program import run_program
from hadrill.remote.remote import Remote

ASK_SECONDS = 10.0


def runner_address(remote: Remote, host: Host) -> str:
    """The other end of this very SSH connection, as the host's kernel knows it. Raises RemoteError.

    Faults spare this address, so it is not taken from a shell or a variable, which may be wrong.
    """
    answer = run_program(remote, host, on_host.program("origin"), None, ASK_SECONDS)
    try:
        return str(ipaddress.ip_address(answer["address"]))
    except (ValueError, LookupError, TypeError) as error:
        why = answer.get("why") if isinstance(answer, dict) else repr(answer)
        raise BadAnswerError(
            host.name, f"it cannot tell from which address this SSH connection comes, so none can be spared: {why}"
        ) from error
