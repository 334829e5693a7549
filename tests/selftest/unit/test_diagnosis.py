"""Rules on facts: what the hosts said when a cause was there, and what they say when nothing is wrong."""

from pathlib import Path

from hadrill.diagnosis.document import document
from hadrill.services.redis.resp import Error, info, pairs, replies

ROOT = Path(__file__).parents[3]


def test_replies_of_every_kind() -> None:
    text = "+OK\r\n:3\r\n$5\r\nhello\r\n$-1\r\n*2\r\n$1\r\na\r\n$2\r\né\r\n-NOQUORUM 2 usable\r\n"
    assert replies(text) == ["OK", "3", "hello", None, ["a", "é"], "NOQUORUM 2 usable"]
    assert isinstance(replies(text)[-1], Error)


def test_a_reply_that_is_cut_off_ends_the_list() -> None:
    assert replies("+OK\r\n$5\r\nhel") == ["OK"]
    assert replies("*2\r\n$1\r\na\r\n") == []


def test_what_is_no_list_and_no_text_has_no_pairs_and_no_lines() -> None:
    assert pairs(Error("ERR")) == {}
    assert info(Error("NOAUTH: x")) == {}
    assert info("# Replication\r\nrole:master\r\n") == {"role": "master"}


def test_the_page_of_causes_is_the_rules() -> None:
    assert (ROOT / "docs" / "causes.md").read_text("utf-8") == document()
