"""Why something does not come, as far as the hosts that are left can tell."""

import time
from collections.abc import Iterable

from hadrill.drill.kubernetes.loss import Loss, Seen
from hadrill.drill.preflight import LOOK_BACK_SECONDS
from hadrill.drill.session import Session
from hadrill.remote import RemoteError
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of


def explained(cluster: Cluster, loss: Loss, problem: str, victim: str = "") -> Seen:
    """A problem with its causes. `victim` is a host of the cluster that was broken on purpose."""
    try:
        found = cluster.diagnose(int(time.monotonic() - loss.began) + LOOK_BACK_SECONDS, victim)
    except failures(RemoteError) as error:
        return Seen(problem=f"{problem}; no diagnosis: {error}")
    if found is None:
        return Seen(problem=f"{problem}; no diagnosis")
    return Seen(problem=f"{problem}; {found.summary}", causes=tuple(dict(cause.as_json()) for cause in found.causes))


def unserved_services(session: Session, loss: Loss, present: Iterable[str]) -> dict[str, Seen]:
    """Causes for the data services that did not serve pods all the while."""
    return {
        name: explained(cluster_of(session.inventory, session.remote, name), loss, "asked afterwards")
        for name in present
        if loss.unserved(name)
    }
