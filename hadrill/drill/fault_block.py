"""A fault as a `with` block, as safe as in an experiment, for tests with a case of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from hadrill.drill.case import Case
from hadrill.drill.injection import Injection
from hadrill.drill.session import Session
from hadrill.inventory import Host
from hadrill.services.cluster import Cluster

BLOCK_SECONDS = 120.0
"""How long a block's fault may last, unless another time is given; the target's own timer ends it then."""


@contextmanager
def fault_block(
    session: Session,
    cluster: Cluster,
    fault: str,
    host: Host,
    seconds: float = BLOCK_SECONDS,
) -> Iterator[None]:
    """Guard, lease, journal, inject, prove; and heal at the end, whatever the block did.

    Raises InconclusiveError where the fault is refused, unavailable or not there, LeaseHeldError, RemoteError.
    """
    case = Case(cluster.service, fault, host=host.name, cluster=cluster.name)
    injection = Injection(session, cluster, case, uuid.uuid4().hex[:12], lambda *_: None)
    made = injection.guard()
    with injection.leased(made, seconds), injection.broken(made, seconds):
        yield
    injection.require_healed()
