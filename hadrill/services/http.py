"""The one HTTP client, for pages of services and their HTTP interfaces. It never tries again by itself."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from hadrill.remote.from_here import reach
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS
from hadrill.services.errors import StatusError, parsed

OK, NOT_FOUND = HTTPStatus.OK, HTTPStatus.NOT_FOUND
FIRST_ERROR_STATUS = HTTPStatus.BAD_REQUEST
JSON = "application/json"


@dataclass(frozen=True)
class Page:
    """An HTTP answer: the status, the server's text for it, and the body with its media type."""

    status: int
    reason: str
    body: bytes
    media: str

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Pages:
    """What one address and port serves, over a connection that is kept. Everything raises OSError alone."""

    def __init__(
        self, address: str, port: int, seconds: float = ANSWER_SECONDS, login: tuple[str, str] | None = None
    ) -> None:
        # Loaded by the first question: commands that ask no page do not wait for it.
        from urllib3.connection import HTTPConnection
        from urllib3.exceptions import HTTPError
        from urllib3.util import SKIP_HEADER, make_headers

        self._place, self._seconds, self._error = f"{address}:{port}", seconds, HTTPError
        self._headers = {"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER}
        if login is not None:
            self._headers |= make_headers(basic_auth=":".join(login))
        self._connection = HTTPConnection(*reach(address, port))

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Page:
        """One page, whatever its status. It is asked for once."""
        connection = self._connection
        try:
            # Where the server closed it meanwhile, this question opens another.
            if not connection.is_connected:
                connection.close()
                connection.timeout = min(CONNECT_SECONDS, self._seconds)
                connection.connect()
                # Of the connection, not of its socket: each request sets the socket's anew from it.
                connection.timeout = self._seconds
            given = self._headers if headers is None else {**self._headers, **headers}
            connection.request(method, path, body=body, headers=given)
            # urllib3's own response costs as much processor as all the rest, and probes ask twenty times a second.
            answer = http.client.HTTPConnection.getresponse(connection)
            return Page(answer.status, answer.reason, answer.read(), answer.headers.get_content_type())
        except TimeoutError as error:
            connection.close()
            raise TimeoutError(f"{self._place}{path} did not answer within {self._seconds:g} s") from error
        except OSError:
            connection.close()
            raise
        except (http.client.HTTPException, self._error) as error:
            connection.close()
            # The system's own word for it, where it has one: callers tell refused from silent by it.
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None
            raise OSError(f"{self._place} answered no HTTP: {type(error).__name__} {error}") from error

    def close(self) -> None:
        """Close the connection; a later question opens a new one."""
        self._connection.close()


def get(address: str, port: int, path: str, seconds: float = ANSWER_SECONDS, **headers: str) -> Page:
    """One page, over a connection of its own. Raises OSError."""
    with closing(Pages(address, port, seconds)) as pages:
        return pages.ask(path, headers=headers)


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
    given = None if body is None else json.dumps(body).encode()
    with closing(Pages(address, port, seconds, login)) as pages:
        page = pages.ask(path, method, given, {} if body is None else {"Content-Type": JSON})
    if page.status >= FIRST_ERROR_STATUS:
        raise StatusError(page.status, f"HTTP Error {page.status}: {page.reason}")
    # Patroni answers some requests with a sentence.
    if page.media == JSON:
        return parsed(f"{address}:{port}{path}", page.body or b"null")
    return page.text
