"""Faults of the network, in an nft table of the drill's own. The runner's address is never cut, so SSH stays."""

from collections.abc import Sequence

from hadrill.faults.fault import BLACKHOLE, CRASH, PARTITION, Fault, Target

_REACH = "timeout 0.5 bash -c 'exec 3<>/dev/tcp/{peer}/{port}' 2>/dev/null"


def isolate(target: Target) -> Fault:
    """Nothing comes in or goes out but the runner's own traffic."""
    return _cut(
        target,
        "isolate",
        BLACKHOLE,
        (
            f"input iif != lo ip saddr != {target.runner} drop",
            f"output oif != lo ip daddr != {target.runner} drop",
            "input iif != lo meta nfproto ipv6 drop",
            "output oif != lo meta nfproto ipv6 drop",
        ),
    )


def reject(target: Target) -> Fault:
    """As isolate, but the host says so to those who try: connections end at once."""
    return _cut(
        target,
        "reject",
        CRASH,
        (
            f"input iif != lo ip saddr != {target.runner} meta l4proto tcp reject with tcp reset",
            f"output oif != lo ip daddr != {target.runner} meta l4proto tcp reject with tcp reset",
            f"input iif != lo ip saddr != {target.runner} drop",
            f"output oif != lo ip daddr != {target.runner} drop",
        ),
    )


def cut_pair(target: Target) -> Fault:
    """The host and its first peer do not hear each other; all others do."""
    peer = target.peers[0]
    return _cut(target, "cut-pair", PARTITION, (f"input ip saddr {peer} drop", f"output ip daddr {peer} drop"))


def cut_one_way(target: Target) -> Fault:
    """The host hears none of its peers, and they hear it."""
    return _cut(target, "cut-one-way", PARTITION, tuple(f"input ip saddr {peer} drop" for peer in target.peers))


def cut_port(target: Target) -> Fault:
    """The service's own port answers nobody but the runner; everything else on the host goes on."""
    port = target.service_port
    return _cut(
        target,
        "cut-port",
        BLACKHOLE,
        (
            f"input iif != lo ip saddr != {target.runner} tcp dport {port} drop",
            f"output oif != lo ip daddr != {target.runner} tcp sport {port} drop",
        ),
        proof="",
    )


def slow_link(_: Target) -> Fault:
    """Everything that the host sends, the runner's traffic too, shares 1 Mbit/s."""
    device = "$(ip -o -4 route show to default | cut -d' ' -f5 | head -1)"
    return Fault(
        "slow-link",
        BLACKHOLE,
        inject=f"tc qdisc add dev {device} root tbf rate 1mbit burst 32kbit latency 400ms",
        proof=f"tc qdisc show dev {device} | grep tbf",
        heal=f"! tc qdisc show dev {device} | grep -q tbf || tc qdisc del dev {device} root",
        available="command -v tc >/dev/null || { echo 'no tc on the host: install iproute2'; false; }",
    )


def _cut(target: Target, name: str, kind: str, rules: Sequence[str], proof: str | None = None) -> Fault:
    table = target.table
    lines = [
        f"add table {table}",
        *(f"add chain {table} {hook} {{ type filter hook {hook} priority -10; }}" for hook in ("input", "output")),
        *(f"add rule {table} {rule}" for rule in rules),
    ]
    program = "\n".join(lines)
    reach = _REACH.format(peer=target.peers[0] if target.peers else "", port=target.peer_port)
    shown = f"nft list table {table} >/dev/null && echo 'nft table {table} is there'"
    if proof is None and target.peers:
        # The rule's effect, not the rule: another table could let the traffic pass.
        shown += f" && ! {reach} && echo '{target.peers[0]}:{target.peer_port} is out of reach'"
    return Fault(
        name,
        kind,
        inject=f"nft -f - <<'RULES'\n{program}\nRULES\n",
        proof=shown,
        heal=f"! nft list table {table} >/dev/null 2>&1 || nft delete table {table}",
        available=(
            "command -v nft >/dev/null || { echo 'no nft on the host: install nftables'; exit 1; };"
            + (
                f" {reach} || {{ echo 'it does not reach {target.peers[0]}:{target.peer_port} as it is'; false; }}"
                if target.peers
                else " :"
            )
        ),
    )
