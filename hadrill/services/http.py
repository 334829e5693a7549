"""Small HTTP questions to the interfaces of services, with a deadline."""

import base64
import json
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any

from hadrill.services.asking import ANSWER_SECONDS
from hadrill.services.errors import parsed

FIRST_ERROR_STATUS = 400


def get_json(address: str, port: int, path: str, login: tuple[str, str] | None = None) -> Any:
    """The JSON answer of `http://address:port/path`. Raises OSError (also for statuses from 400) and BadAnswerError."""
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
    headers = {}
    if login is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
    if body is not None:
        headers["Content-Type"] = "application/json"
    with closing(HTTPConnection(address, port, timeout=seconds)) as connection:
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        except HTTPException as error:
            raise OSError(f"{address}:{port} answered no HTTP: {type(error).__name__} {error}") from error
    if answer.status >= FIRST_ERROR_STATUS:
        raise OSError(f"HTTP Error {answer.status}: {answer.reason}")
    # Patroni answers some requests with a sentence.
    if answer.headers.get_content_type() == "application/json":
        return parsed(f"{address}:{port}{path}", text or b"null")
    return text.decode("utf-8", "replace")
