"""Small HTTP questions to the interfaces of services, with a deadline."""

import base64
import json
import urllib.request
from typing import Any

from hadrill.services.asking import ANSWER_SECONDS


def get_json(address: str, port: int, path: str, login: tuple[str, str] | None = None) -> Any:
    """The JSON answer of `http://address:port/path`. Raises OSError (also for statuses from 400) and ValueError."""
    return request_json("GET", address, port, path, login)


def request_json(
    method: str,
    address: str,
    port: int,
    path: str,
    login: tuple[str, str] | None = None,
    body: object = None,
    seconds: float = ANSWER_SECONDS,
) -> Any:
    """As get_json, with another method and a JSON body."""
    request = urllib.request.Request(f"http://{address}:{port}{path}", method=method)
    data = None
    if login is not None:
        request.add_header("Authorization", "Basic " + base64.b64encode(":".join(login).encode()).decode())
    if body is not None:
        request.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode()
    with urllib.request.urlopen(request, data=data, timeout=seconds) as answer:  # noqa: S310 - the scheme is written above, no caller gives it
        text = answer.read()
        # Patroni answers some requests with a sentence.
        return json.loads(text or b"null") if answer.headers.get_content_type() == "application/json" else text.decode()
