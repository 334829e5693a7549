"""The votes of a cluster: who has them, who is away, and how many would be left."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hadrill.inventory import Host
from hadrill.safety.guard import Arithmetic, is_away
from hadrill.services.abilities import electorate_of
from hadrill.services.cluster import Cluster


def count_votes(cluster: Cluster, host: Host, others: Sequence[str] = ()) -> Arithmetic:
    """Would the loss of a host, and of others with it, break the quorum? Members that stay silent, or say that they are
    out, count as down.
    """
    voting = electorate_of(cluster, host)
    with ThreadPoolExecutor(max_workers=len(voting.votes)) as pool:
        away = list(pool.map(lambda member: is_away(cluster.probe(member)), voting.votes))
    down = tuple(member.name for member, gone in zip(voting.votes, away, strict=True) if gone)
    votes = {member.name: number for member, number in voting.votes.items()}
    return Arithmetic(votes, down, (host.name, *others), voting.needed)
