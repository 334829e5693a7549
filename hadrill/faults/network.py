"""Faults of the network, in an nft table of the experiment's own. The runner's address is never cut: SSH stays."""

from collections.abc import Sequence

from hadrill.faults.fault import BLACKHOLE, CRASH, PARTITION, Fault, Kind, Target, unavailable

_REACH = "timeout 0.5 bash -c 'exec 3<>/dev/tcp/{peer}/{port}' 2>/dev/null"
_HANDLE = "fa11:"
"""The handle of hadrill's own qdisc, by which it is known and removed."""
_ALONE = "it has no peers that it could be cut off from"


def isolate(target: Target) -> Fault:
    """Drops everything that comes in or goes out, but for the runner's own traffic."""
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
    """As isolate, but the host answers with TCP resets: connections end at once."""
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
    """Cuts the host off from its first peer, and from nobody else."""
    if not target.peers:
        return unavailable("cut-pair", PARTITION, _ALONE)
    peer = target.peers[0]
    return _cut(target, "cut-pair", PARTITION, (f"input ip saddr {peer} drop", f"output ip daddr {peer} drop"))


def cut_one_way(target: Target) -> Fault:
    """Drops what the peers send: the host does not hear them, but they hear it."""
    if not target.peers:
        return unavailable("cut-one-way", PARTITION, _ALONE)
    return _cut(target, "cut-one-way", PARTITION, tuple(f"input ip saddr {peer} drop" for peer in target.peers))


def cut_port(target: Target) -> Fault:
    """Cuts the service's own port for all but the runner; everything else on the host goes on."""
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


def slow_link(target: Target) -> Fault:
    """Limits what the host sends on the devices towards its peers to 1 Mbit/s, the runner's traffic too.

    A device whose traffic its owner shapes already is left alone: a device has only one root qdisc.
    """
    devices = _devices(target)
    marked = target.marks.path("shaped")
    # The kernel's own qdisc has the handle 0, and comes back by itself.
    free = (
        f"devices={devices}; [ -n \"$devices\" ] || {{ echo 'no device leads to its peers'; exit 1; }};"
        " for d in $devices; do shaped=$(tc qdisc show dev $d root | grep -v '^qdisc [^ ]* 0: ');"
        ' [ -z "$shaped" ] || { echo "its device $d is shaped already: $shaped"; exit 1; }; done'
    )
    peer, port = target.peers[0] if target.peers else "", target.peer_port
    sent = "sent() { tc -s qdisc show dev $1 root | sed -n 's/^ Sent \\([0-9]*\\) .*/\\1/p'; }"
    # Its effect: what goes to a peer goes through it.
    used = (
        f"d={_device(peer)}; {sent}; before=$(sent $d); {_REACH.format(peer=peer, port=port)};"
        ' [ $(sent $d) -gt $before ] && echo "what goes to ' + peer + ' goes through it"'
    )
    return Fault(
        "slow-link",
        BLACKHOLE,
        inject=(
            f"{free}; {target.marks.set('shaped', '$devices')} && for d in $devices; do"
            f" tc qdisc add dev $d root handle {_HANDLE} tbf rate 1mbit burst 32kbit latency 400ms || exit 1; done"
        ),
        proof=(
            f"for d in $(cat {marked}); do tc qdisc show dev $d root | grep ' {_HANDLE} ' || exit 1; done"
            + (f"; {used}" if peer else "")
        ),
        heal=target.marks.where_set(
            "shaped",
            f"for d in $(cat {marked}); do ! tc qdisc show dev $d root | grep -q ' {_HANDLE} '"
            f' || tc qdisc del dev $d root handle {_HANDLE} || failed=1; done; [ -z "$failed" ]',
        ),
        available=f"command -v tc >/dev/null || {{ echo 'no tc on the host: install iproute2'; exit 1; }}; {free}",
    )


def _devices(target: Target) -> str:
    """The devices that lead to the peers; the default route's where there are none."""
    if not target.peers:
        return "$(ip -o -4 route show to default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -1)"
    return f"$(for p in {' '.join(target.peers)}; do echo {_device('$p')}; done | grep -vx lo | sort -u)"


def _device(peer: str) -> str:
    return f"$(ip -o route get {peer} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')"


def _cut(target: Target, name: str, kind: Kind, rules: Sequence[str], proof: str | None = None) -> Fault:
    table = target.table
    lines = [
        f"create table {table}",
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
        inject=(
            f"! nft list table {table} >/dev/null 2>&1 || {{ echo 'a table {table} is there already'; exit 1; }};"
            f" {target.marks.set('table')}; nft -f - <<'RULES'\n{program}\nRULES\n"
        ),
        proof=shown,
        heal=target.marks.where_set("table", f"! nft list table {table} >/dev/null 2>&1 || nft delete table {table}"),
        available=(
            "command -v nft >/dev/null || { echo 'no nft on the host: install nftables'; exit 1; };"
            + (
                f" {reach} || {{ echo 'it does not reach {target.peers[0]}:{target.peer_port} as it is'; false; }}"
                if target.peers
                else " :"
            )
        ),
    )
