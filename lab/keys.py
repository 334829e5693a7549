"""What each machine has of its own: SSH keys, known before the first connection, an identity, and a resolver."""

import uuid
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hadrill.inventory import Host


def ensure_keys(folder: Path, machines: Path, hosts: tuple[Host, ...], port: int) -> None:
    """Write what is missing: the runner's key, each machine's own files, and known_hosts for all of them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    runner = _ensure_key(folder / "id_ed25519")
    known = []
    for host in hosts:
        machine = machines / host.name
        machine.mkdir(mode=0o700, parents=True, exist_ok=True)
        public = _ensure_key(machine / "ssh_host_ed25519_key")
        # Nobody listens there, so unknown names fail at once. Docker's own resolver keeps a refusal to itself for 10 s.
        (machine / "resolv.conf").write_text("nameserver 127.0.0.1\n", "ascii")
        # Without one every boot is a machine's first, and systemd enables again whatever somebody disabled.
        (machine / "machine-id").write_text(uuid.uuid5(uuid.NAMESPACE_DNS, host.fqdn).hex + "\n", "ascii")
        (machine / "authorized_keys").write_text(runner + "\n", "ascii")
        name = host.address if port == 22 else f"[{host.address}]:{port}"
        known.append(f"{name} {public}\n")
    # In one step: somebody may be connecting to a machine that was there before.
    beside = folder / "known_hosts.new"
    beside.write_text("".join(known), "ascii")
    beside.replace(folder / "known_hosts")


def _ensure_key(path: Path) -> str:
    """The public half of a key, which is generated where there is none."""
    if path.exists():
        key = serialization.load_ssh_private_key(path.read_bytes(), password=None)
    else:
        key = Ed25519PrivateKey.generate()
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
        )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return public.decode("ascii")
