"""Rules on facts: what the hosts said when a cause was there, and what they say when nothing is wrong."""

import re
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from hadrill.diagnosis import Cause, Diagnosis, Examination, Facts, HostFacts, Order, Reply, reach
from hadrill.diagnosis import facts as facts_module
from hadrill.inventory import Host, Inventory, read
from hadrill.remote import Remote, RemoteError, UnreachableError
from hadrill.report.causes import document
from hadrill.services.kubernetes.diagnosis import EXAMINATION as KUBERNETES
from hadrill.services.kubernetes.facts import API
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.mariadb.diagnosis import EXAMINATION as MARIADB
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.minio.diagnosis import EXAMINATION as MINIO
from hadrill.services.minio.service import Minio
from hadrill.services.postgresql.diagnosis import EXAMINATION as POSTGRESQL
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.rabbitmq.diagnosis import EXAMINATION as RABBITMQ
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.redis.diagnosis import EXAMINATION as REDIS
from hadrill.services.redis.resp import Error, info, pairs, replies
from hadrill.services.redis.service import Redis

ROOT = Path(__file__).parents[3]
FACTS = Path(__file__).parent / "facts"
"""Kept by `pytest tests/selftest/sabotage --keep-facts tests/selftest/unit/facts`."""

SERVICES: dict[str, tuple[Callable[[Inventory], object], Examination[Any]]] = {
    "mariadb": (Mariadb, MARIADB),
    "minio": (Minio, MINIO),
    "postgresql": (Postgresql, POSTGRESQL),
    "rabbitmq": (Rabbitmq, RABBITMQ),
    "redis": (Redis, REDIS),
}


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


@pytest.mark.parametrize("file", sorted(FACTS.glob("*.json")), ids=lambda file: file.stem)
def test_the_cause_is_named_first_on_facts_of_the_lab(file: Path, lab_inventory: Inventory) -> None:
    service, _, cause = file.stem.partition("-")
    diagnosis = judge(service, lab_inventory, Facts.from_json(file.read_text("utf-8")))
    assert diagnosis.causes[0].name == cause
    assert diagnosis.causes[0].evidence
    assert cause not in diagnosis.ruled_out


def test_without_a_cause_it_says_what_was_ruled_out(lab_inventory: Inventory) -> None:
    diagnosis = judge("redis", lab_inventory, _healthy())
    assert not diagnosis.causes
    assert "cause unknown; ruled out: name-wrong, disk-full, " in diagnosis.summary


def test_a_host_that_does_not_answer_is_told_and_explains_nothing(lab_inventory: Inventory) -> None:
    hosts = dict(_healthy().hosts) | {"redis-02": HostFacts(unreachable="no answer from 198.18.0.124:22")}
    diagnosis = judge("redis", lab_inventory, Facts(hosts))
    assert diagnosis.silent == ("redis-02: no answer from 198.18.0.124:22",)
    assert not diagnosis.causes
    assert diagnosis.ruled_out == ("single-proxy",), "only the proxies could all be asked"
    assert {"tilt", "disk-full", "redis-stopped"} <= set(diagnosis.in_part)
    assert "ruled out but for redis-02, which could not be asked: name-wrong, disk-full, " in str(diagnosis)
    assert not diagnosis.not_judged
    away = REDIS.judge(Redis(lab_inventory), Facts(hosts), before=True, victim="redis-02")
    assert {"tilt", "disk-full", "redis-stopped"} <= set(away.ruled_out), "a victim's silence was wanted"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_nothing_is_ruled_out_where_nobody_could_be_asked(service: str, lab_inventory: Inventory) -> None:
    kind, examination = SERVICES[service]
    hosts = examination.orders(kind(lab_inventory), 30)
    diagnosis = judge(service, lab_inventory, Facts({host.name: HostFacts(unreachable="off") for host in hosts}))
    assert (diagnosis.causes, diagnosis.ruled_out, diagnosis.in_part) == ((), (), ())
    assert len(diagnosis.not_judged) > 5
    assert diagnosis.summary == "cause unknown; nothing is ruled out, as nobody could be asked"


class _Unreachable:
    """A way to hosts of which none answers."""

    def everywhere(self, hosts: Iterable[Host], _: object) -> dict[Host, RemoteError]:
        return {host: UnreachableError(host.name, f"no answer from {host.address}:22 within 5 s") for host in hosts}


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ((), "no host of redis answers SSH or its ports: 198.18.0.0/16 is unreachable from here (lab down?)"),
        (
            ("haproxy-01", "minio-01"),
            "no host of redis answers SSH or its ports: powered off or cut off (haproxy-01, minio-01 answer)",
        ),
        (
            ("redis-01",),
            "no host of redis can be asked over SSH (no answer from 198.18.0.123:22 within 5 s), though there is {}",
        ),
    ],
)
def test_that_no_host_answers_comes_first(
    who: tuple[str, ...], says: str, lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = {lab_inventory.host(name).address for name in who}
    monkeypatch.setattr(reach, "answering", lambda places: {place for place in places if place[0] in alive})
    diagnosis = REDIS.diagnose(Redis(lab_inventory), cast(Remote, _Unreachable()))
    says = says.format("somebody at 198.18.0.123:22, 198.18.0.123:6379, 198.18.0.123:26379")
    assert str(diagnosis).splitlines()[0] == f"redis: {says}"
    assert diagnosis.summary == says


def test_a_host_whose_answer_cannot_be_read_is_told_and_the_others_are_heard(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = lab_inventory.managed[:2]
    answer = {"questions": {}, "commands": {"log": "a line"}, "time": 5.0, "ended": 6.0}
    answers = {first: answer, second: {**answer, "questions": ["not by name"]}}
    monkeypatch.setattr(facts_module, "run_program", lambda _remote, host, *_: answers[host])
    with Remote(lab_inventory) as remote:
        heard = Facts.collect(remote, {first: Order(), second: Order()}, {}).hosts
    assert (heard[first.name]["log"], heard[first.name].time) == (Reply("a line"), 5.0)
    assert heard[second.name].unreachable.startswith("its answer cannot be read: AttributeError: ")


def test_a_bug_of_a_question_from_here_is_no_answer_of_the_host(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> Reply:
        raise KeyError("bug")

    answer = {"questions": {}, "commands": {}, "time": 5.0, "ended": 6.0}
    monkeypatch.setattr(facts_module, "run_program", lambda *_: answer)
    with Remote(lab_inventory) as remote, pytest.raises(KeyError, match="bug"):
        Facts.collect(remote, {lab_inventory.managed[0]: Order(from_here={"page": asked})}, {})


def test_who_refuses_a_connection_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = ("127.0.0.1", server.getsockname()[1])
        assert reach.answering([place]) == {place}
    assert reach.answering([place]) == {place}
    assert reach.answering([]) == set()


def test_an_attempt_that_failed_counts_only_after_a_fault(lab_inventory: Inventory) -> None:
    tried = "2026-11-21T17:48:0{}.1+00:00 redis-01 sentinel[1]: 1:X +try-failover master kb-redis-master"
    hosts = dict(_healthy().hosts)
    log = Reply(text="\n".join(map(tried.format, (1, 7))))
    hosts["redis-01"] = replace(hosts["redis-01"], answers={**hosts["redis-01"].answers, "sentinel log": log})
    assert not judge("redis", lab_inventory, Facts(hosts)).causes
    after = judge("redis", lab_inventory, Facts(hosts), before=False)
    assert [cause.name for cause in after.causes] == ["second-attempt"]
    assert "2 x failover-timeout = 120 s" in after.causes[0].evidence[-1]
    beside = REDIS.judge(Redis(lab_inventory), Facts(hosts), before=False, victim="redis-01")
    assert [cause.name for cause in beside.causes] == ["second-attempt"]


def test_that_no_redis_runs_is_said_only_where_all_were_asked(lab_inventory: Inventory) -> None:
    refused = Reply(error="refused")
    hosts = {
        name: replace(host, answers={**host.answers, "redis": refused}) if "redis" in host.answers else host
        for name, host in _healthy().hosts.items()
    }
    first = judge("redis", lab_inventory, Facts(hosts), before=False).causes[0]
    assert (first.name, len(first.evidence)) == ("no-redis", 3)
    hosts["redis-03"] = HostFacts(unreachable="no answer")
    diagnosis = judge("redis", lab_inventory, Facts(hosts), before=False)
    assert "no-redis" not in [cause.name for cause in diagnosis.causes]
    assert "no-redis" in diagnosis.in_part


def test_busy_processors_explain_what_nothing_else_does_and_only_after_a_fault(lab_inventory: Inventory) -> None:
    pressure = "some avg10=12.00 avg60={} avg300=9.00 total=3476\nfull avg10=0.00 avg60=99.00 avg300=0.00 total=0\n"

    def with_pressure(facts: Facts, avg60: str) -> Facts:
        answers = {**facts.hosts["redis-03"].answers, "pressure": Reply(text=pressure.format(avg60))}
        return Facts({**facts.hosts, "redis-03": replace(facts.hosts["redis-03"], answers=answers)})

    busy = with_pressure(_healthy(), "94.96")
    causes = judge("redis", lab_inventory, busy, before=False).causes
    assert [(cause.name, cause.evidence) for cause in causes] == [
        ("processors-busy", ("redis-03: in 95% of the last minute something waited for a processor",))
    ]
    assert not judge("redis", lab_inventory, busy).causes
    assert not judge("redis", lab_inventory, with_pressure(_healthy(), "89.99"), before=False).causes
    both = with_pressure(Facts.from_json((FACTS / "redis-quorum-too-high.json").read_text("utf-8")), "94.96")
    assert [cause.name for cause in judge("redis", lab_inventory, both, before=False).causes][-1] == "processors-busy"


def test_a_frozen_node_holds_up_nobody_who_waits_for_longer(lab_inventory: Inventory) -> None:
    facts = Facts.from_json((FACTS / "minio-drive-timeout-too-long.json").read_text("utf-8"))

    def with_timeout(printed: str) -> list[str]:
        answer = Reply(text=printed)
        hosts = {
            name: replace(host, answers={**host.answers, "drive timeout": answer}) for name, host in facts.hosts.items()
        }
        return [cause.name for cause in judge("minio", lab_inventory, Facts(hosts)).causes]

    assert with_timeout("MINIO_DRIVE_MAX_TIMEOUT=15s\n")[0] == "drive-timeout-too-long"
    assert "drive-timeout-too-long" not in with_timeout("MINIO_DRIVE_MAX_TIMEOUT=14s\n")
    assert with_timeout("MINIO_DRIVE_MAX_TIMEOUT=1s\n")[0] == "drive-timeout-too-long"


def test_a_frozen_node_that_proxies_have_taken_out_is_no_fault_of_theirs(lab_inventory: Inventory) -> None:
    facts = Facts.from_json((FACTS / "rabbitmq-proxy-check.json").read_text("utf-8"))
    hosts = dict(facts.hosts)
    for name in ("haproxy-01", "haproxy-02"):
        text = hosts[name]["statistics"].text.replace("UP", "DOWN")
        hosts[name] = replace(hosts[name], answers={"statistics": Reply(text=text)})
    assert "proxy-check" in judge("rabbitmq", lab_inventory, Facts(hosts)).ruled_out


def test_a_raft_thread_that_died_is_named(lab_inventory: Inventory) -> None:
    facts = Facts.from_json((FACTS / "postgresql-patroni-paused.json").read_text("utf-8"))
    host = facts.hosts["db-slave-01"]
    old = re.sub(r'"dcs_last_seen": \d+', f'"dcs_last_seen": {int(host.time) - 240}', host["patroni"].text)
    traceback = "2026-11-21T16:42:50.1+00:00 db-slave-01 patroni[309]: Exception in thread Thread-2 (_autoTickThread):"
    answers = {**host.answers, "patroni": replace(host["patroni"], text=old), "raft": Reply(text=traceback)}
    diagnosis = judge(
        "postgresql", lab_inventory, Facts({**facts.hosts, "db-slave-01": replace(host, answers=answers)})
    )
    assert diagnosis.causes[0].name == "raft-thread-dead"
    assert "db-slave-01 last saw its store 240 s ago" in diagnosis.causes[0].evidence[0]


def test_a_patroni_that_answers_one_page_late_runs(lab_inventory: Inventory) -> None:
    facts = Facts.from_json((FACTS / "postgresql-patroni-stopped.json").read_text("utf-8"))
    paused = Facts.from_json((FACTS / "postgresql-patroni-paused.json").read_text("utf-8"))
    name = next(n for n, host in facts.hosts.items() if host["patroni"].error and not host.unreachable)
    healthy = replace(facts.hosts[name], answers={**facts.hosts[name].answers, **paused.hosts[name].answers})
    late = replace(healthy, answers={**healthy.answers, "patroni": Reply(error="silent")})
    assert "patroni-stopped" in judge("postgresql", lab_inventory, Facts({**facts.hosts, name: late})).ruled_out


def test_clocks_are_apart_only_beyond_what_a_slow_answer_leaves_open(lab_inventory: Inventory) -> None:
    hosts = dict(_healthy().hosts)
    slow = replace(hosts["redis-01"], skew=-3.0, doubt=3.0)
    assert not judge("redis", lab_inventory, Facts({**hosts, "redis-01": slow})).causes
    behind = replace(slow, doubt=0.5)
    causes = judge("redis", lab_inventory, Facts({**hosts, "redis-01": behind})).causes
    assert [cause.name for cause in causes] == ["clocks-apart"]
    assert re.fullmatch(r"\S+ is at least 2\.\d s ahead of redis-01", causes[0].evidence[0])


def judge(service: str, inventory: Inventory, facts: Facts, *, before: bool = True) -> Diagnosis:
    """What the rules of a service say of facts."""
    kind, examination = SERVICES[service]
    return examination.judge(kind(inventory), facts, before=before)


COMMANDS = {
    "names": Reply(text="localhost 127.0.0.1\n"),
    "disk": Reply(text=" 3% /var/lib\n"),
    "listeners": Reply(text='LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))\n'),
    "pressure": Reply(text="some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"),
    "certificates": Reply(),
}


def _healthy() -> Facts:
    """The facts of a stopped updater, with the updater running: nothing else was wrong."""
    facts = Facts.from_json((FACTS / "redis-proxy-not-updated.json").read_text("utf-8"))
    running = {"updater": Reply(text="active\nactive\n")}
    return Facts(
        {
            name: replace(host, answers={**host.answers, **COMMANDS, **(running if "updater" in host.answers else {})})
            for name, host in facts.hosts.items()
        }
    )


def _with(facts: Facts, names: Iterable[str], answers: Mapping[str, Reply]) -> Facts:
    """The same with other answers of some hosts."""
    changed = {name: replace(facts.hosts[name], answers={**facts.hosts[name].answers, **answers}) for name in names}
    return Facts({**facts.hosts, **changed})


def test_what_nobody_answered_is_not_ruled_out_though_hosts_could_be_asked(lab_inventory: Inventory) -> None:
    members = [host.name for host in lab_inventory.of_role("redis")]
    refused = {name: Reply(error="refused") for name in _healthy().hosts[members[0]].answers if name not in COMMANDS}
    diagnosis = judge("redis", lab_inventory, _with(_healthy(), members, refused), before=False)
    assert diagnosis.causes[0].name == "no-redis"
    unknown = {"same-myid", "quorum-too-high", "stale-sentinels", "sentinels-disagree"}
    assert unknown <= set(diagnosis.not_judged)
    assert not unknown & {*diagnosis.ruled_out, *diagnosis.in_part}
    assert "disk-full" in diagnosis.ruled_out


def test_a_command_that_printed_nothing_rules_nothing_out(lab_inventory: Inventory) -> None:
    everybody = list(_healthy().hosts)
    printed_nothing = dict.fromkeys(("names", "disk", "listeners", "pressure"), Reply())
    nobody = judge("redis", lab_inventory, _with(_healthy(), everybody, printed_nothing), before=False)
    assert {"name-wrong", "disk-full", "port-shared", "processors-busy"} <= set(nobody.not_judged)
    one = judge("redis", lab_inventory, _with(_healthy(), everybody[:1], printed_nothing), before=False)
    assert {"name-wrong", "disk-full", "port-shared", "processors-busy"} <= set(one.in_part)
    assert one.unheard == (everybody[0],)
    assert f"ruled out but for {everybody[0]}, which could not be asked: name-wrong, disk-full, " in str(one)


@pytest.mark.parametrize(
    ("printed", "adopted", "named"),
    [
        ("redis-02 \n", False, True),
        ("redis-02 \n", True, False),
        ("redis-02 198.18.0.99\n", True, True),
    ],
)
def test_a_name_that_leads_nowhere_is_wrong_where_hadrill_gave_it(
    lab_inventory: Inventory, printed: str, adopted: bool, named: bool
) -> None:
    settings = lab_inventory.settings.model_copy(update={"adopted": adopted})
    facts = _with(_healthy(), ["redis-01"], {"names": Reply(printed)})
    diagnosis = judge("redis", replace(lab_inventory, settings=settings), facts, before=True)
    assert ("name-wrong" in [cause.name for cause in diagnosis.causes]) is named


def test_an_api_that_is_away_is_no_host_that_was_asked(lab: Path) -> None:
    inventory = read(lab, "kubernetes")
    service = Kubernetes(inventory)
    away = {host.name: HostFacts(unreachable="no answer") for host in service.members}
    facts = Facts({**away, API: HostFacts({"Node": Reply(error="no answer")})})
    diagnosis = KUBERNETES.judge(service, facts, before=True)
    assert not diagnosis.ruled_out
    assert not diagnosis.in_part
    assert "nothing is ruled out, as nobody could be asked" in str(diagnosis)


def test_a_cause_with_a_hundred_lines_is_shown_on_a_screen() -> None:
    cause = Cause("name-wrong", "a symptom", tuple(f"line {number}" for number in range(100)), "a remedy")
    shown = str(cause).splitlines()
    assert shown[1] == "  line 0"
    assert shown[-2:] == ["  and 88 more like these", "  -> a remedy"]
    assert len(cause.evidence) == 100
    few = replace(cause, evidence=("only one",))
    assert str(few).splitlines() == ["name-wrong: a symptom", "  only one", "  -> a remedy"]


@pytest.mark.parametrize(
    ("errors", "own", "named"),
    [(("refused", "refused"), "", True), (("refused", ""), "", False), (("refused", "refused"), "refused", False)],
    ids=["a firewall", "one is taken", "it just starts"],
)
def test_a_port_that_refuses_one_and_takes_another_is_not_filtered(
    lab_inventory: Inventory, errors: tuple[str, str], own: str, named: bool
) -> None:
    facts = Facts.from_json((FACTS / "mariadb-port-filtered.json").read_text("utf-8"))
    hosts = dict(facts.hosts)
    asked = next(key for host in hosts.values() for key, answer in host.answers.items() if "@" in key and answer.error)
    askers = [name for name, host in hosts.items() if asked in host.answers and name != asked.partition("@")[2]]
    for name, error in zip(askers, errors, strict=True):
        hosts[name] = replace(hosts[name], answers={**hosts[name].answers, asked: Reply(error=error)})
    host = asked.partition("@")[2]
    hosts[host] = replace(hosts[host], answers={**hosts[host].answers, f"mariadb@{host}": Reply(error=own)})
    diagnosis = MARIADB.judge(Mariadb(lab_inventory), Facts(hosts), before=True)
    assert ("port-filtered" in [cause.name for cause in diagnosis.causes]) is named


def test_a_remedy_is_what_an_operator_types_there(lab: Path) -> None:
    facts = Facts.from_json((FACTS / "redis-sentinel-stopped.json").read_text("utf-8"))
    assert judge("redis", read(lab), facts).causes[0].remedy.startswith("systemctl start hadrill-sentinel")
    entry = "components: {sentinel: {placement: container, container: shop-sentinel}}"
    (lab / "topology.yaml").write_text(f"clusters:\n  - name: redis\n    service: redis\n    {entry}\n")
    assert judge("redis", read(lab), facts).causes[0].remedy.startswith("docker start shop-sentinel")


def test_a_patroni_that_may_not_ask_its_own_server_is_named(lab_inventory: Inventory) -> None:
    facts = Facts.from_json((FACTS / "postgresql-replication-password.json").read_text("utf-8"))
    quiet = _with(facts, facts.hosts, {"log": Reply(text="INFO: no action\n")})
    assert "own-replication-refused" in judge("postgresql", lab_inventory, quiet).ruled_out
    line = "2026-11-27 00:58:57,084 ERROR: Can not fetch local timeline and lsn from replication connection"
    refused = _with(quiet, ["db-slave-01"], {"log": Reply(text=f"{line}\n")})
    assert "own-replication-refused" in [cause.name for cause in judge("postgresql", lab_inventory, refused).causes]
