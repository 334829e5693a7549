"""OpenSSH's own server on this computer's loopback, with users, sudo and a hosts file of its own.

It runs in a mount namespace: nothing of this computer's /etc is changed, and the users are nobody's elsewhere.
"""

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hadrill.timing import Deadline, eventually

SSHD, SUDO = shutil.which("sshd", path="/usr/sbin:/usr/bin"), shutil.which("sudo")
NEEDED = "needs root, sshd and sudo: apt-get install openssh-server sudo"
START_SECONDS = 10.0
USERS = ("deploy", "guest", "plain", "admin")
"""Who may become root by sudo at once; who needs a password for that; who may not; and a jump host's user."""
FIRST_ID = 64100
NO_AGENT = 2
"""The status of ssh-add where no agent answers."""
_SUDOERS = """
Defaults secure_path=/usr/sbin:/usr/bin:/sbin:/bin
root ALL=(ALL:ALL) ALL
deploy ALL=(ALL) NOPASSWD: ALL
guest ALL=(ALL) ALL
"""
# $1 is the server's folder, $2 its port; what it needs is copied where every user may read it.
_START = """
set -e
for file in passwd group shadow sudoers hosts; do mount --bind "$1/etc/$file" "/etc/$file"; done
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd /run/users /run/home
cp "$1"/keys/* /run/users/
cp "$1/start" /run/home/.bashrc
chmod -R a+rX /run/users /run/home
exec "$2" -D -e -f "$1/sshd_config"
"""


@dataclass
class Server:
    """A server that runs: where, and what it was made of."""

    folder: Path
    address: str
    port: int
    host_key: str
    authorized: Mapping[str, Sequence[Path]] = field(default_factory=dict)

    @property
    def known(self) -> str:
        """Its line for a known_hosts file."""
        return f"[{self.address}]:{self.port} {self.host_key}\n"

    @property
    def log(self) -> str:
        """What it said."""
        return (self.folder / "log").read_text("utf-8")


def new_key(file: Path, *kind: str) -> Path:
    """A new key pair; returns the private half."""
    chosen = kind or ("-t", "ed25519")
    subprocess.run(["ssh-keygen", "-q", *chosen, "-N", "", "-C", file.name, "-f", str(file)], check=True)
    return file


def lock(file: Path, *kind: str) -> None:
    """Give a key a passphrase."""
    subprocess.run(["ssh-keygen", "-q", "-p", *kind, "-P", "", "-N", "secret", "-f", str(file)], check=True)


@contextmanager
def serving(
    folder: Path,
    keys: Mapping[str, Path],
    *,
    address: str = "127.0.0.1",
    hosts: Mapping[str, str] | None = None,
    start_file: str = "",
    settings: str = "",
) -> Iterator[Server]:
    """A server while the block runs. `keys` opens users' doors; `hosts` are names that only it knows.

    `start_file`: what users' shells read when they start. `settings`: more lines for sshd_config.
    """
    folder.mkdir()
    _write_users(folder, hosts or {})
    (folder / "start").write_text(start_file, "utf-8")
    (folder / "keys").mkdir()
    for user, key in keys.items():
        public = subprocess.run(["ssh-keygen", "-y", "-f", str(key)], capture_output=True, check=True, text=True).stdout
        with (folder / "keys" / user).open("a") as file:
            file.write(public)
    host_key = new_key(folder / "host_key").with_suffix(".pub").read_text("ascii").rsplit(" ", 1)[0]
    with socket.create_server((address, 0)) as chooser:
        port = chooser.getsockname()[1]
    (folder / "sshd_config").write_text(
        f"{settings}\nListenAddress {address}:{port}\nHostKey {folder / 'host_key'}\nStrictModes no\nUsePAM no\n"
        "PidFile none\nAuthorizedKeysFile /run/users/%u\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nMaxStartups 100\nMaxSessions 30\nLogLevel VERBOSE\n",
        "ascii",
    )
    server = Server(folder, address, port, host_key)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", _START, "sh", str(folder), str(SSHD)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        eventually("sshd to listen", lambda: _deaf(process, server), Deadline(START_SECONDS))
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _deaf(process: "subprocess.Popen[bytes]", server: Server) -> str | None:
    assert process.poll() is None, server.log
    try:
        socket.create_connection((server.address, server.port), timeout=1).close()
    except OSError as error:
        return str(error)
    return None


def _write_users(folder: Path, hosts: Mapping[str, str]) -> None:
    etc = folder / "etc"
    etc.mkdir()
    ids = {name: FIRST_ID + number for number, name in enumerate(USERS)}
    rows = [
        "root:x:0:0:root:/run/home:/bin/bash",
        "sshd:x:64099:65534::/run/sshd:/usr/sbin/nologin",
        *(f"{name}:x:{number}:{number}::/run/home:/bin/bash" for name, number in ids.items()),
    ]
    (etc / "passwd").write_text("\n".join(rows) + "\n", "ascii")
    (etc / "group").write_text("root:x:0:\nnogroup:x:65534:\n" + "".join(f"{n}:x:{i}:\n" for n, i in ids.items()))
    (etc / "shadow").write_text("".join(f"{name}:*:19000:0:99999:7:::\n" for name in ("root", "sshd", *ids)))
    (etc / "sudoers").write_text(_SUDOERS, "ascii")
    (etc / "sudoers").chmod(0o440)
    named = "".join(f"{address} {name}\n" for name, address in hosts.items())
    (etc / "hosts").write_text(f"127.0.0.1 localhost {socket.gethostname()}\n{named}", "ascii")


@contextmanager
def agent_with(folder: Path, *keys: Path) -> Iterator[Path]:
    """An agent that holds some keys; yields its socket."""
    place = folder / "agent"
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as process:
        try:
            environment = {"SSH_AUTH_SOCK": str(place)}
            eventually("the agent", lambda: _mute(environment), Deadline(START_SECONDS))
            for key in keys:
                subprocess.run(["ssh-add", "-q", str(key)], env=environment, check=True, capture_output=True)
            yield place
        finally:
            process.terminate()


def _mute(environment: Mapping[str, str]) -> str | None:
    """None where an agent answers, whatever it holds."""
    asked = subprocess.run(["ssh-add", "-l"], env=environment, capture_output=True, check=False, text=True)
    return asked.stderr if asked.returncode == NO_AGENT else None
