"""The door to a host: what its shell prints at its start is never taken for an answer."""

from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from hadrill.inventory import Host, Inventory
from hadrill.remote import BadAnswerError, Remote, RemoteError, reading, run_program
from hadrill.remote.errors import NoisyShellError, UnreachableError
from tests.selftest.unit.ssh_server import serving

NOISE = 'echo "198.18.0.250 this session is recorded"\necho "and so is this" >&2\n'
ECHO = "import json, sys\njson.dump({'heard': json.load(sys.stdin)}, sys.stdout)\n"

Work = Callable[[Remote, Host], object]


def on_host(inventory: Inventory, folder: Path, start_file: str, work: Work) -> object:
    """What some work gives on a host whose shell reads this file when it starts."""
    with serving(inventory, folder, start_file) as (served, host), Remote(served) as remote:
        return work(remote, host)


@pytest.mark.parametrize("start_file", ["", NOISE, "printf 'no end of line'\n", "head -c 300000 /dev/zero\n"])
def test_a_command_s_output_is_its_own(lab_inventory: Inventory, tmp_path: Path, start_file: str) -> None:
    def work(remote: Remote, host: Host) -> object:
        return remote.attempt(host, "cat; echo complaint >&2; exit 3", stdin="one\ntwo\n")

    output = on_host(lab_inventory, tmp_path, start_file, work)
    assert vars(output) == {"status": 3, "stdout": "one\ntwo\n", "stderr": "complaint\n"}


@pytest.mark.parametrize("start_file", ["", NOISE])
def test_a_program_s_answer_is_its_own(lab_inventory: Inventory, tmp_path: Path, start_file: str) -> None:
    answer = on_host(
        lab_inventory, tmp_path, start_file, lambda remote, host: run_program(remote, host, ECHO, "Zürich", 9)
    )
    assert answer == {"heard": "Zürich"}


def test_a_program_that_prints_no_json_is_named(lab_inventory: Inventory, tmp_path: Path) -> None:
    with pytest.raises(BadAnswerError, match=r"^redis-02: a program of hadrill answered 'recorded' instead of JSON: "):
        on_host(
            lab_inventory, tmp_path, "", lambda remote, host: run_program(remote, host, "print('recorded')", None, 9)
        )


@pytest.mark.parametrize("start_file", ["echo This account is closed.; exit 0\n", "echo Choose a menu:; exec cat\n"])
def test_a_shell_that_never_comes_to_the_command_is_named(
    lab_inventory: Inventory, tmp_path: Path, start_file: str
) -> None:
    with pytest.raises(NoisyShellError, match=r"^redis-02: the shell of user root printed '(This acc|Choose).*bashrc"):
        on_host(lab_inventory, tmp_path, start_file, lambda remote, host: remote.run(host, "true", seconds=5))


def test_an_unknown_host_key_is_told_from_another_and_from_a_refused_login(
    lab_inventory: Inventory, tmp_path: Path
) -> None:
    with serving(lab_inventory, tmp_path) as (served, host):
        known = served.settings.ssh.known_hosts
        place, kind, key = known.read_text("ascii").split()
        known.write_text(f"198.18.0.250 {kind} {key}\n", "ascii")
        with (
            Remote(served) as remote,
            pytest.raises(UnreachableError, match=r"host key of 127\.0\.0\.1:\d+ is unknown"),
        ):
            remote.run(host, "true")
        other = paramiko.RSAKey.generate(1024).get_base64()
        known.write_text(f"{place} {kind} {other}\n", "ascii")
        with Remote(served) as remote, pytest.raises(UnreachableError, match="is not the one in"):
            remote.run(host, "true")


def test_an_answer_that_cannot_be_read_is_that_host_s_error(lab_inventory: Inventory) -> None:
    first, second, third = lab_inventory.managed[:3]

    printed = {first: "1", second: "198.18.0.250 this", third: ""}

    def work(host: Host) -> int:
        with reading(host):
            return int(printed[host].splitlines()[0])

    with Remote(lab_inventory) as remote:
        answers = remote.everywhere((first, second, third), work)
    assert answers[first] == 1
    assert isinstance(answers[second], BadAnswerError)
    assert "its answer cannot be read: ValueError: invalid literal" in str(answers[second])
    assert isinstance(answers[third], RemoteError)


@pytest.mark.parametrize("bug", [NotImplementedError, TypeError, AttributeError, ValueError, KeyError, IndexError])
def test_an_own_bug_is_not_a_host_s_answer(lab_inventory: Inventory, bug: type[Exception]) -> None:
    def work(_: Host) -> None:
        raise bug

    with Remote(lab_inventory) as remote, pytest.raises(bug):
        remote.everywhere(lab_inventory.managed[:2], work)
