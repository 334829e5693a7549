"""Who is denied is told from who is silent by types and codes: what an error says in words decides nothing."""

from types import SimpleNamespace
from typing import Any, cast

import pika
import psycopg
import pymysql
import pytest
import redis
from botocore.exceptions import ClientError

from hadrill.inventory import Inventory
from hadrill.services import asking, registry
from hadrill.services.asking import denied, silence, through_each
from hadrill.services.errors import StatusError
from hadrill.services.finding import Finding
from hadrill.services.kubernetes.api import ApiError


def of_s3(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "403 password"}}, "PutObject")


def of_postgresql(kind: type[psycopg.Error], words: str = "no") -> psycopg.Error:
    return kind(words)


DENIED: list[Exception] = [
    StatusError(401, "HTTP Error 401: Unauthorized"),
    StatusError(403, "HTTP Error 403: Forbidden"),
    ApiError(401, "no"),
    redis.AuthenticationError("invalid username-password pair"),
    redis.exceptions.NoPermissionError("this user has no permissions"),
    pika.exceptions.ProbableAuthenticationError(),
    pika.exceptions.ProbableAccessDeniedError(),
    pika.exceptions.ConnectionClosedByBroker(530, "NOT_ALLOWED"),
    pika.exceptions.ChannelClosedByBroker(403, "ACCESS_REFUSED"),
    pymysql.OperationalError(1045, "no"),
    pymysql.OperationalError(1044, "no"),
    of_postgresql(psycopg.errors.InvalidPassword),
    of_postgresql(psycopg.errors.InsufficientPrivilege),
    # libpq has words alone for these.
    psycopg.OperationalError('connection failed: FATAL:  password authentication failed for user "hadrill"'),
    psycopg.OperationalError('connection failed: FATAL:  no pg_hba.conf entry for host "198.18.0.1"'),
    psycopg.OperationalError("connection failed: FATAL:  SASL authentication failed"),
    of_s3("SignatureDoesNotMatch"),
    of_s3("InvalidAccessKeyId"),
]
OTHERWISE: list[Exception] = [
    OSError("401 403 password"),
    StatusError(503, "HTTP Error 503: no password, access denied"),
    ApiError(0, "403"),
    redis.ResponseError("ERR unknown password policy"),
    redis.ConnectionError("access denied"),
    pika.exceptions.ConnectionClosedByBroker(320, "CONNECTION_FORCED - not_allowed"),
    pika.exceptions.ChannelClosedByBroker(404, "access_refused"),
    pymysql.OperationalError(2003, "Can't connect: access denied"),
    pymysql.Error(),
    of_postgresql(psycopg.errors.UndefinedTable, 'relation "password" does not exist'),
    psycopg.OperationalError("connection failed: the database system is starting up"),
    of_s3("SlowDown"),
]


@pytest.mark.parametrize("error", DENIED, ids=repr)
def test_a_denied_login_is_known_by_its_type_or_code(error: Exception) -> None:
    assert denied(error)
    finding = silence("redis-01", "nowhere.invalid", 1, "an answer", error)
    assert finding.cause == "the credentials, or the permissions of their user, are not what the service has"


@pytest.mark.parametrize("error", OTHERWISE, ids=repr)
def test_words_about_passwords_and_numbers_decide_nothing(error: Exception) -> None:
    assert not denied(error)


def test_a_driver_that_is_not_loaded_is_not_loaded_to_know_its_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    service = SimpleNamespace(denied="nowhere:denied", driver_errors=("a_driver_that_is_not_there:Error",))
    monkeypatch.setattr(registry, "services", lambda: (cast(Any, service),))
    assert not denied(redis.AuthenticationError("no"))


def test_every_way_in_is_tried_and_the_proxies_findings_come_first(lab_inventory: Inventory) -> None:
    def attempt(name: str, address: str) -> list[Finding]:
        return [Finding(name, "an answer", address, "")] if name != "haproxy-01" else []

    findings = through_each(attempt, "198.18.0.10", lab_inventory.of_role("haproxy"))
    assert [(finding.host, finding.actual) for finding in findings] == [
        ("haproxy-02", "198.18.0.12"),
        ("the entry point", "198.18.0.10"),
    ]


def test_who_answers_oddly_has_the_cause_that_the_check_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    for state, cause in (("open", "its proxy leads to nobody"), ("refused", "nothing listens on port 1")):
        monkeypatch.setattr(asking, "_port_state", lambda *_, state=state: state)
        finding = silence("redis-01", "nowhere.invalid", 1, "an answer", OSError("reset"), "its proxy leads to nobody")
        assert finding.cause.startswith(cause)
