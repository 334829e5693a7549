"""Asks what it is told to ask, all at once, and prints the answers as JSON. Only reads.

Input: {"questions": {name: [address, port, payload, until]}, "commands": {name: shell}, "seconds": limit of each}; an
address that begins with `/` is a socket's file.
Output: {"time": Unix time at the beginning, "ended": at the end, "questions": {name: {"text", "error"}},
"commands": {name: what it printed}}.
"""

import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

LIMIT = 200_000


def opened(address: str, port: int, seconds: float) -> socket.socket:
    """A connection to a port, or to a socket's file."""
    if not address.startswith("/"):
        return socket.create_connection((address, port), timeout=seconds)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(seconds)
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def ask(place: list[Any], seconds: float) -> dict[str, Any]:
    """Send a payload to a port and read its answer, until it closes or `until` has come. Without a payload: connect.

    Returns the `text` of the answer, and the `error` where there is none.
    """
    address, port, payload, until = place
    answer, error, reached = b"", "", False
    end = time.monotonic() + seconds
    try:
        with opened(address, port, min(2.0, seconds)) as connection:
            connection.sendall(payload.encode())
            reached = True
            while payload and len(answer) < LIMIT:
                connection.settimeout(max(0.01, end - time.monotonic()))
                part = connection.recv(65536)
                answer += part
                if not part or (until and answer.endswith(until.encode())):
                    break
    except ConnectionRefusedError:
        error = "refused"
    except (TimeoutError, socket.timeout):  # two errors until Python 3.10
        error = "" if answer else "silent" if reached else "no answer"
    except OSError as problem:
        error = "" if answer else problem.strerror or str(problem)
    return {"text": answer.decode("utf-8", "replace"), "error": error}


def run(command: str, seconds: float) -> str:
    """What a command prints, on both streams; what it has printed by then where it does not end in time."""
    try:
        done = subprocess.run(
            ["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as problem:
        return (problem.stdout or b"").decode("utf-8", "replace")[-LIMIT:]
    return done.stdout.decode("utf-8", "replace")[-LIMIT:]


def main() -> None:
    """Answer what standard input asks for."""
    begun = time.time()
    order = json.load(sys.stdin)
    seconds = order["seconds"]
    with ThreadPoolExecutor(max_workers=len(order["questions"]) + len(order["commands"]) + 1) as pool:
        questions = {name: pool.submit(ask, place, seconds) for name, place in order["questions"].items()}
        commands = {name: pool.submit(run, command, seconds) for name, command in order["commands"].items()}
        answers = {
            "time": begun,
            "questions": {name: answer.result() for name, answer in questions.items()},
            "commands": {name: answer.result() for name, answer in commands.items()},
        }
    json.dump({**answers, "ended": time.time()}, sys.stdout)


if __name__ == "__main__":
    main()
