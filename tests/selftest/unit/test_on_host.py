"""Programs for hosts: they run on Python 3.9, with nothing but its standard library."""

import ast
import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hadrill import on_host
from hadrill.on_host import cni, origin, redis_update_master

NAMES = sorted(file.stem for file in Path(on_host.__file__).parent.glob("[!_]*.py"))
OLDEST = (3, 9)
OF_THE_IMAGE = {"psycopg", "redis", "pika", "boto3", "botocore", "pymysql"}
"""What the pods' image has besides."""

NEWER = {
    "pairwise": "itertools 3.10",
    "bisect_key": "3.10",
    "batched": "itertools 3.12",
    "aclosing": "contextlib 3.10",
    "chdir": "contextlib 3.11",
    "UTC": "datetime 3.11",
    "StrEnum": "enum 3.11",
    "tomllib": "3.11",
    "ExceptionGroup": "3.11",
    "add_note": "3.11",
    "Self": "typing 3.11",
    "override": "typing 3.12",
    "walk_up": "pathlib 3.12",
    "bit_count": "int 3.10",
    "anext": "3.10",
    "aiter": "3.10",
}
"""Names that Python 3.9 has not."""

NEWER_ARGUMENTS = {("zip", "strict"), ("dataclass", "slots"), ("dataclass", "kw_only"), ("write_text", "newline")}


def tree(name: str) -> ast.Module:
    return ast.parse(on_host.program(name), feature_version=OLDEST)


@pytest.mark.parametrize("name", NAMES)
def test_a_program_is_python_3_9(name: str) -> None:
    module = tree(name)
    names = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    names |= {alias.name for node in ast.walk(module) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert not names & set(NEWER)
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    given = {
        (call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", ""), keyword.arg)
        for call in calls
        for keyword in call.keywords
    }
    assert not given & NEWER_ARGUMENTS
    # A socket's timeout is a TimeoutError since Python 3.10 only.
    caught = [ast.unparse(node.type) for node in ast.walk(module) if isinstance(node, ast.ExceptHandler) and node.type]
    assert "socket" not in names or not [error for error in caught if error == "TimeoutError"]


@pytest.mark.parametrize("name", NAMES)
def test_a_program_needs_the_standard_library_only(name: str) -> None:
    allowed = sys.stdlib_module_names | (OF_THE_IMAGE if name.startswith("pod_") else set())
    imported = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or ".").partition(".")[0])
    assert imported <= allowed


@pytest.mark.parametrize("name", NAMES)
def test_a_program_does_nothing_where_it_is_imported(name: str) -> None:
    last = tree(name).body[-1]
    assert isinstance(last, ast.If)
    assert ast.unparse(last.test) == "__name__ == '__main__'"


def test_addresses_are_read_as_the_kernel_writes_them() -> None:
    if sys.byteorder == "little":
        assert origin.address("0100007F") == "127.0.0.1"
        assert origin.address("0000000000000000FFFF0000FA0012C6") == "198.18.0.250"
        assert origin.address("B80D0120000000000000000001000000") == "2001:db8::1"


ONE_LEVEL = "import os, subprocess, sys; subprocess.run([sys.executable, '-c', os.environ['PROGRAM']], check=True)"


def ask_origin(connection: socket.socket | None) -> dict[str, str]:
    """What the program says below a process that holds this connection, as sshd holds its own."""
    environment = {**os.environ, "PROGRAM": on_host.program("origin"), "SSH_CONNECTION": "198.18.0.250 1 10.0.0.1 22"}
    done = subprocess.run(
        ["setsid", "--fork", "--wait", sys.executable, "-c", ONE_LEVEL],
        env=environment,
        pass_fds=[connection.fileno()] if connection else [],
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def test_the_runner_s_address_is_the_connection_s_whatever_variables_say() -> None:
    with socket.create_server(("127.0.0.2", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            # The client's end is bound to 127.0.0.1; seen from it, the other end is the server's address.
            assert ask_origin(accepted) == {"address": "127.0.0.1"}
            assert ask_origin(client) == {"address": "127.0.0.2"}


def test_an_answer_of_sentinel_is_read_to_its_end() -> None:
    stream = io.BytesIO(b"*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n-ERR none\r\n")
    assert redis_update_master.strings(stream) == ["127.0.0.1", "6379"]
    with pytest.raises(ValueError, match="ERR none"):
        redis_update_master.strings(stream)


KNOWN = b"*4\r\n$4\r\nname\r\n$6\r\nmaster\r\n$12\r\nconfig-epoch\r\n$1\r\n7\r\n"
PLACE = b"*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n"


@pytest.mark.parametrize(
    ("answer", "view"),
    [
        (KNOWN + PLACE, (7, "127.0.0.1", "6379")),
        (KNOWN + b"*-1\r\n", None),
        (KNOWN + b"*1\r\n$9\r\n127.0.0.1\r\n", None),
        (b"*2\r\n$4\r\nname\r\n$6\r\nmaster\r\n" + PLACE, None),
        (KNOWN.replace(b"7", b"x") + PLACE, None),
        (b"-ERR no such master\r\n*-1\r\n", None),
        (b"", None),
    ],
)
def test_a_sentinel_that_answers_oddly_is_one_that_does_not_answer(
    answer: bytes, view: tuple[int, str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    its, ours = socket.socketpair()
    with its:
        its.sendall(answer)
        its.shutdown(socket.SHUT_WR)
        monkeypatch.setattr(socket, "create_connection", lambda *_, **__: ours)
        assert redis_update_master.sentinel_view("198.18.0.123", "redis") == view


def test_pods_get_the_node_s_own_part_of_their_network() -> None:
    known = {"FLANNEL_NETWORK": "10.42.0.0/16", "FLANNEL_SUBNET": "10.42.3.1/24", "FLANNEL_MTU": "1450"}
    bridge, ports = cni.configuration(known)["plugins"]
    assert (bridge["mtu"], bridge["ipam"]["ranges"]) == (1450, [[{"subnet": "10.42.3.0/24"}]])
    assert ports["capabilities"] == {"portMappings": True}
