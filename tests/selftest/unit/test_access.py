"""The door to a host as people have it: jump hosts, agents, passphrases, sudo. Each asked of OpenSSH's own server."""

import os
import re
import shlex
import socket
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hadrill.remote import Remote, UnreachableError, run_program
from hadrill.remote.access import NoAccessAnywhereError, require_access
from hadrill.remote.errors import NoAccessError, NoisyShellError, NotRootError
from tests.selftest.unit.jump_net import INNER, Net
from tests.selftest.unit.openssh import NEEDED, SSHD, SUDO, agent_with, lock, new_key, serving

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not SSHD or not SUDO, reason=NEEDED)
WHO = "import json, os, sys\njson.dump([os.getuid(), json.load(sys.stdin)], sys.stdout)\n"


@pytest.mark.parametrize("user", ["root", "deploy"])
def test_commands_and_programs_are_root_s_whoever_logs_in(net: Net, user: str) -> None:
    host = net.host(ssh_user=user)
    with Remote(net.seen()) as remote:
        output = remote.attempt(host, "id -u; cat; echo complaint >&2; exit 3", stdin="one 'two'\n")
        assert vars(output) == {"status": 3, "stdout": "0\none 'two'\n", "stderr": "complaint\n"}
        assert "/usr/local/bin" in remote.run(host, "echo $PATH").stdout.strip().split(":")
        assert run_program(remote, host, WHO, "Zürich", 9) == [0, "Zürich"]
        assert remote.run(host, "head -c 300000 /dev/zero | tr '\\0' a").stdout == "a" * 300000


@pytest.mark.parametrize("user", ["guest", "plain"])
def test_who_may_not_become_root_is_named_with_the_remedy(net: Net, user: str) -> None:
    host = net.host(ssh_user=user)
    with Remote(net.seen()) as remote, pytest.raises(NotRootError) as caught:
        remote.run(host, "touch /touched")
    assert re.match(rf"{user} may not become root on redis-02: 'sudo: .*NOPASSWD", str(caught.value))
    assert f"`{user} ALL=(ALL) NOPASSWD: ALL`" in str(caught.value)
    assert not Path("/touched").exists()


def test_all_who_may_not_become_root_are_named_in_one_pass_with_who_else_is_not_let_in(net: Net) -> None:
    names = [host.name for host in net.inventory.managed]
    denied = [net.host(name, ssh_user="guest") for name in names[:3]]
    off = net.host(names[3], ssh_user="deploy", ssh_port=1)
    unknown = net.host(names[4], ssh_user="deploy", address="127.0.0.1", ssh_port=net.jump.port)
    well = net.host(names[5], ssh_user="deploy")
    with Remote(net.seen(known_hosts=net.known(net.inner))) as remote:
        require_access(remote, [well, off])
        with pytest.raises(NoAccessAnywhereError) as caught:
            require_access(remote, [*denied, off, unknown, well])
    first, second, last = str(caught.value).splitlines()
    assert first.startswith(f"guest may not become root on {', '.join(names[:3])}: 'sudo: ")
    assert second.startswith(f"{names[4]}: the host key of 127.0.0.1:{net.jump.port} is unknown")
    assert last == "nothing was touched"


def test_a_shell_that_never_comes_to_sudo_is_not_taken_for_its_refusal(net: Net) -> None:
    start_file = 'echo "sudo: a password is required" >&2; exit 1\n'
    with (
        serving(net.folder / "closed", {"deploy": net.key}, start_file=start_file) as closed,
        Remote(net.seen(known_hosts=net.known(closed))) as remote,
        pytest.raises(NoisyShellError, match=r"^redis-02: the shell of user deploy printed nothing"),
    ):
        remote.run(net.host(ssh_user="deploy", address=closed.address, ssh_port=closed.port), "true")


@pytest.mark.parametrize("noise", ["echo hello\necho hello >&2\n", "printf unended\nprintf unended >&2\n"])
def test_noise_before_sudo_is_left_out(net: Net, noise: str) -> None:
    folder = net.folder / f"noisy-{len(noise)}"
    with (
        serving(folder, {"deploy": net.key}, start_file=noise) as noisy,
        Remote(net.seen(known_hosts=net.known(noisy))) as remote,
    ):
        output = remote.attempt(
            net.host(ssh_user="deploy", address=noisy.address, ssh_port=noisy.port), "id -u; id -u >&2"
        )
    assert vars(output) == {"status": 0, "stdout": "0\n", "stderr": "0\n"}


def test_a_host_behind_a_jump_host_is_reached_by_a_name_that_only_that_knows(net: Net) -> None:
    known = net.known(net.jump)
    known.write_text(known.read_text() + net.inner.known.replace(INNER, "inner"), "ascii")
    config = net.folder / "alias.config"
    config.write_text(f"Host redis-02\n HostName inner\n Port {net.inner.port}\n User deploy\n ProxyJump jump\n")
    with config.open("a") as file:
        file.write(f"Host jump\n HostName 127.0.0.1\n Port {net.jump.port}\n User admin\n IdentityFile {net.key}\n")
    host = net.host(ssh_port=0)
    with Remote(net.seen(key=net.key, known_hosts=known, config=config)) as remote:
        assert remote.run(host, "id -u").stdout == "0\n"
        assert remote.login(host).known_name == f"[inner]:{net.inner.port}"


def test_several_hops_are_followed_in_their_order(net: Net) -> None:
    with serving(net.folder / "second", {"plain": net.key}, address="127.0.0.3") as second:
        jump = f"{net.through},plain@127.0.0.3:{second.port}"
        host = net.host(ssh_user="deploy", jump=jump)
        with Remote(net.seen(known_hosts=net.known(net.jump, second, net.inner))) as remote:
            assert remote.run(host, "id -u").stdout == "0\n"
        assert "Accepted publickey for plain" in second.log
        with (
            Remote(net.seen(known_hosts=net.known(net.jump, net.inner))) as remote,
            pytest.raises(NoAccessError) as caught,
        ):
            remote.run(host, "true")
    shown = str(caught.value)
    assert shown.startswith(f"redis-02: at the jump host plain@127.0.0.3:{second.port}: the host key of 127.0.0.3:")
    scan = f"`ssh -p {net.jump.port} admin@127.0.0.1 ssh-keyscan -p {second.port} 127.0.0.3 >> "
    assert scan in shown


def test_hosts_behind_a_jump_host_share_one_connection_to_it(net: Net) -> None:
    before = net.jump.log.count("Accepted publickey")
    hosts = [net.host(host.name, jump=net.through) for host in net.inventory.managed[:6]]
    with Remote(net.seen()) as remote:
        answers = remote.everywhere(hosts, lambda host: remote.run(host, "id -u").stdout)
    assert set(answers.values()) == {"0\n"}
    assert net.jump.log.count("Accepted publickey") == before + 1


def test_a_jump_host_that_is_off_costs_its_deadline_once(net: Net) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        hosts = [net.host(host.name, jump=f"admin@127.0.0.1:{port}") for host in net.inventory.managed[:6]]
        began = time.monotonic()
        with Remote(net.seen(connect_seconds=1.0)) as remote:
            answers = remote.everywhere(hosts, lambda host: remote.run(host, "id -u").stdout)
    assert time.monotonic() - began < 4.5
    shown = [str(answer) for answer in answers.values()]
    assert all(
        text.startswith(f"{host}: at the jump host admin@127.0.0.1:{port}: ")
        for host, text in zip(hosts, shown, strict=True)
    )


def test_a_jump_host_that_lets_nobody_through_is_named(net: Net) -> None:
    with (
        serving(net.folder / "shut", {"admin": net.key}, settings="AllowTcpForwarding no") as shut,
        Remote(net.seen(known_hosts=net.known(shut, net.inner))) as remote,
        pytest.raises(UnreachableError, match=r"redis-02: admin@.* forwards no connections to 127.0.0.2:.*TcpForw"),
    ):
        remote.run(net.host(jump=f"admin@127.0.0.1:{shut.port}"), "true")


def test_a_port_that_the_jump_host_does_not_reach_is_named_with_it(net: Net) -> None:
    with (
        Remote(net.seen()) as remote,
        pytest.raises(UnreachableError, match=r"no SSH at 127.0.0.2:1 through admin@127.0.0.1:\d+: .* cannot reach"),
    ):
        remote.run(net.host(jump=net.through, ssh_port=1), "true")


@pytest.mark.parametrize("jump", ["", "jump"])
def test_an_unknown_host_key_is_refused_and_its_remedy_works(net: Net, jump: str) -> None:
    """Run as it stands, the command in the sentence opens the door."""
    host, known = net.host(jump=jump and net.through), net.known(net.jump)
    with Remote(net.seen(known_hosts=known)) as remote, pytest.raises(NoAccessError) as caught:
        remote.run(host, "true")
    shown = str(caught.value)
    fingerprint = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(net.inner.folder / "host_key.pub")], capture_output=True, check=True, text=True
    ).stdout.split()[1]
    assert f"the host key of {INNER}:{net.inner.port} is unknown" in shown
    assert f"ssh-ed25519 {fingerprint}" in shown
    (remedy,) = re.findall(r"`(ssh.*)`", shown)
    options = f"ssh -i {shlex.quote(str(net.key))} -o UserKnownHostsFile={shlex.quote(str(known))}"
    remedy = re.sub(r"^ssh (?!-keyscan)", f"{options} ", remedy)
    assert remedy.startswith(options) == bool(jump)
    subprocess.run(["sh", "-c", remedy], check=True, capture_output=True)
    with Remote(net.seen(known_hosts=known)) as remote:
        assert remote.run(host, "id -u").stdout == "0\n"


@pytest.mark.parametrize("jump", ["", "jump"])
def test_another_host_key_is_refused_and_its_remedy_works(net: Net, jump: str) -> None:
    host = net.host(jump=jump and net.through)
    known = net.known(net.jump, replace(net.inner, host_key=net.jump.host_key))
    with Remote(net.seen(known_hosts=known)) as remote, pytest.raises(NoAccessError) as caught:
        remote.run(host, "true")
    shown = str(caught.value)
    assert shown.startswith(f"redis-02: the host key of {INNER}:{net.inner.port} is not the one in {known} but ssh-ed2")
    (forget,) = re.findall(r"`(ssh-keygen.*?) && ", shown)
    subprocess.run(["sh", "-c", forget], check=True, capture_output=True)
    with (
        Remote(net.seen(known_hosts=known)) as remote,
        pytest.raises(NoAccessError, match="is unknown"),
    ):
        remote.run(host, "true")


def test_the_jump_host_s_own_key_is_checked(net: Net) -> None:
    host = net.host(jump=net.through)
    for known, what in (
        (net.known(net.inner), "is unknown"),
        (net.known(replace(net.jump, host_key=net.inner.host_key), net.inner), "is not the one in"),
    ):
        with (
            Remote(net.seen(known_hosts=known)) as remote,
            pytest.raises(
                NoAccessError, match=rf"^redis-02: at the jump host {net.through}: the host key of .* {what}"
            ),
        ):
            remote.run(host, "true")


def test_a_key_in_an_agent_opens_the_door(net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with agent_with(tmp_path, net.key) as place, Remote(net.seen(key=tmp_path / "none", user="deploy")) as remote:
        with pytest.raises(NoAccessError, match=r"there is no SSH key .*none, and there is no agent: SSH_AUTH_SOCK"):
            remote.run(net.host(), "true")
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        assert remote.run(net.host(), "id -u").stdout == "0\n"


@pytest.mark.parametrize("public_half", ["beside it", "in it"])  # of a PEM file, and of an OpenSSH one
def test_a_key_with_a_passphrase_wants_an_agent_that_has_it(
    net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, public_half: str
) -> None:
    """Its own key comes first though the agent holds more than the server would try."""
    kind = ("-m", "PEM") if public_half == "beside it" else ()
    key = new_key(tmp_path / "id", "-t", "rsa" if kind else "ed25519", *kind)
    others = [new_key(tmp_path / f"other-{n}") for n in range(4)]
    with (
        serving(net.folder / f"locked-{len(public_half)}", {"deploy": key}, settings="MaxAuthTries 3") as server,
        agent_with(tmp_path, *others, key) as place,
    ):
        lock(key, *kind)
        if public_half == "in it":
            key.with_suffix(".pub").unlink()
        seen = net.seen(key=key, known_hosts=net.known(server), user="deploy")
        host = net.host(address=server.address, ssh_port=server.port)
        with Remote(seen) as remote:
            with pytest.raises(NoAccessError) as caught:
                remote.run(host, "true")
            monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
            assert remote.run(host, "id -u").stdout == "0\n"
    assert str(caught.value) == (
        f"redis-02: {server.address}:{server.port} is not logged in to as deploy: the key {key} has a passphrase, and "
        f"no agent has it (there is no agent: SSH_AUTH_SOCK is not set): run `ssh-add {key}` first, in the same shell "
        "(`eval $(ssh-agent)` starts an agent)"
    )


def test_a_key_with_a_passphrase_is_named_where_an_agent_has_others(
    net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, other = new_key(tmp_path / "id"), new_key(tmp_path / "other")
    lock(key)
    with agent_with(tmp_path, other) as place, Remote(net.seen(key=key)) as remote:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        with pytest.raises(NoAccessError, match=rf"the key {key} has a passphrase, and no agent has it \(.* has 1 oth"):
            remote.run(net.host(), "true")


def test_a_server_that_takes_passwords_only_is_named_and_none_is_asked_for(net: Net) -> None:
    settings = "PubkeyAuthentication no\nPasswordAuthentication yes"
    with (
        serving(net.folder / "passwords", {"deploy": net.key}, settings=settings) as server,
        Remote(net.seen(known_hosts=net.known(server))) as remote,
        pytest.raises(NoAccessError, match=r"takes no keys for user deploy, only password, and hadrill never asks"),
    ):
        remote.run(net.host(ssh_user="deploy", address=server.address, ssh_port=server.port), "true")


def test_a_wrong_key_is_named_with_the_user(net: Net, tmp_path: Path) -> None:
    key = new_key(tmp_path / "id")
    with (
        Remote(net.seen(key=key)) as remote,
        pytest.raises(NoAccessError, match=rf"refuses user deploy with the key {key}: .*~deploy/.ssh/authorized_keys"),
    ):
        remote.run(net.host(ssh_user="deploy"), "true")
