"""Reading an inventory: what is right is read, and every mistake is told in one pass, at its place."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck

from hadrill.cli.command import commands
from hadrill.inventory import InvalidInventoryError, Problem, read
from hadrill.inventory.credentials import write_missing
from hadrill.inventory.ports import openings
from hadrill.report.inventory_table import summary
from hadrill.report.screen import Screen
from hadrill.services import registry
from tests.selftest.unit.conftest import edit, problems_of
from tests.selftest.unit.properties import given, settings, st


def test_the_production_inventory_has_52_servers(keybuzz: Path) -> None:
    inventory = read(keybuzz)
    assert len(inventory.hosts) == 52
    assert inventory.host("minio-01").address == "10.0.0.134"
    assert [host.name for host in inventory.of_role("k3s-agent")] == [f"k3s-worker-0{n}" for n in range(1, 6)]
    assert str(inventory.entry_point(6379).address) == "10.0.0.10"


def test_the_summary_is_ascii_and_names_every_cluster(keybuzz: Path) -> None:
    inventory = read(keybuzz)
    text = summary(inventory, Screen())
    assert text.isascii()
    clusters = {(host.role, host.cluster) for host in inventory.hosts if host.cluster}
    assert len(clusters) > 5
    listed = {tuple(line.split()[:2]) for line in text.splitlines() if line}
    assert clusters <= listed
    for words in ("52 servers", "db-master-01 10.0.0.120", "10.0.0.20"):
        assert words in text


def _one_proxy(rows: str) -> str:
    """With one proxy, whose role is spelt wrongly."""
    kept = [row for row in rows.splitlines(keepends=True) if not row.startswith("haproxy-02")]
    return "".join(kept).replace("\thaproxy\t", "\thapproxy\t")


MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "unknown role": (
        lambda f: edit(f, "servers.tsv", "\tredis\t", "\tredys\t"),
        "servers.tsv:8:50: unknown role 'redys'",
    ),
    "name twice": (
        lambda f: edit(f, "servers.tsv", "redis-02\t", "redis-01\t"),
        "name redis-01 is used before, by redis-01 in line 8",
    ),
    "address twice": (
        lambda f: edit(f, "servers.tsv", "198.18.0.124", "198.18.0.123"),
        "address 198.18.0.123 is used before",
    ),
    "outside the network": (
        lambda f: edit(f, "servers.tsv", "198.18.0.124", "10.9.9.9"),
        "servers.tsv:9:1: redis-02: 10.9.9.9 is outside",
    ),
    "no address": (
        lambda f: edit(f, "servers.tsv", "198.18.0.124", "198.18.0.300"),
        "servers.tsv:9:10: private address '198.18.0.300'",
    ),
    "two runners": (
        lambda f: edit(f, "servers.tsv", "\thaproxy\tproxy", "\trunner\trunner"),
        "cluster 'runner' of role runner has 2 hosts instead of 1",
    ),
    "two clusters of a service": (
        lambda f: edit(f, "servers.tsv", "\tredis\tredis\tfirst", "\tredis\tsessions\tfirst"),
        "servers.tsv:9:1: redis/sessions and redis/redis have the same way in: lb-01 (198.18.0.10:6379)",
    ),
    "no partner": (
        lambda f: edit(
            f,
            "servers.tsv",
            (f / "servers.tsv").read_text("ascii")[
                (f / "servers.tsv").read_text("ascii").index("haproxy-01") : (f / "servers.tsv")
                .read_text("ascii")
                .index("db-master")
            ],
            "",
        ),
        "no host is haproxy: role postgresql, role rabbitmq, role redis, load balancer lb-01 has no partner",
    ),
    "MinIO on a worker": (
        lambda f: edit(f, "servers.tsv", "minio-03\t", "k3s-worker-09\t"),
        "MinIO on the Kubernetes host k3s-worker-09",
    ),
    "MinIO and a worker in one row": (
        lambda f: edit(f, "servers.tsv", "\tminio\tminio\t", "\tminio,k3s-agent\tminio,k3s\t"),
        "servers.tsv:14:1: MinIO on the Kubernetes host minio-02",
    ),
    "an unknown role among others": (
        lambda f: edit(f, "servers.tsv", "\tredis\tredis\t", "\tredis,rabitmq\tredis\t"),
        "servers.tsv:8:50: unknown role 'rabitmq'",
    ),
    "a role twice": (
        lambda f: edit(f, "servers.tsv", "\tredis\tredis\t", "\tredis,redis\tredis\t"),
        "servers.tsv:8:50: a role stands twice: redis,redis",
    ),
    "the runner with a service": (
        lambda f: edit(f, "servers.tsv", "\trunner\trunner", "\trunner,redis\trunner,redis"),
        "servers.tsv:2:52: runner beside another role",
    ),
    "two clusters for three roles": (
        lambda f: edit(f, "servers.tsv", "\tredis\tredis\t", "\tredis,minio,rabbitmq\tredis,minio\t"),
        "2 clusters for 3 roles. Name one cluster for each role",
    ),
    "a host's row copied": (
        lambda f: edit(f, "servers.tsv", "redis-02\t198.18.0.124\t\tredis-02", "Redis-01\t198.18.0.123\t\tredis-01"),
        "name Redis-01 and address 198.18.0.123 and fqdn redis-01.lab.hadrill.test are used before, by redis-01",
    ),
    "another network": (
        lambda f: edit(f, "settings.yaml", "private_network: 198.18.0.0/16", "private_network: 198.19.0.0/16"),
        "settings.yaml: no host is in the private network 198.19.0.0/16",
    ),
    "the only proxy's role": (
        lambda f: edit(
            f, "servers.tsv", (f / "servers.tsv").read_text("ascii"), _one_proxy((f / "servers.tsv").read_text("ascii"))
        ),
        "servers.tsv:3:53: unknown role 'happroxy'",
    ),
    "a column missing": (
        lambda f: edit(f, "servers.tsv", "\tredis\tredis\t\n", "\tredis\tredis\n"),
        "6 columns instead of 7",
    ),
    "BOM": (lambda f: edit(f, "servers.tsv", "host\t", "\ufeffhost\t"), "servers.tsv:1:1: a byte order mark"),
    "carriage return in a line": (
        lambda f: edit(f, "servers.tsv", "host\t", "ho\rst\t"),
        "servers.tsv:1:3: a carriage return within a line",
    ),
    "non-ASCII": (lambda f: edit(f, "servers.tsv", "first master", "erster Ma\u00dfstab"), "is not printable ASCII"),
    "secret in the notes": (
        lambda f: edit(f, "servers.tsv", "first master", "password=hunter22"),
        "the notes hold a secret",
    ),
    "header": (lambda f: edit(f, "servers.tsv", "host\t", "name\t"), "servers.tsv:1:1: the header is"),
    "latest": (
        lambda f: edit(f, "versions.yaml", "redis:8.0", "redis:latest"),
        "versions.yaml:6:3: redis: image 'localhost/hadrill/redis:latest' has the tag `latest`",
    ),
    "no tag": (lambda f: edit(f, "versions.yaml", "redis:8.0", "redis"), "has no tag"),
    "port is no tag": (
        lambda f: edit(f, "versions.yaml", "localhost/hadrill/redis:8.0", "registry:5000/redis"),
        "has no tag",
    ),
    "no image": (
        lambda f: edit(f, "versions.yaml", "  redis: localhost/hadrill/redis:8.0\n", ""),
        "no image for redis",
    ),
    "unknown component": (
        lambda f: edit(f, "versions.yaml", "  redis:", "  mongodb: mongo:7\n  redis:"),
        "versions.yaml:6:3: unknown component 'mongodb'",
    ),
    "unknown setting": (
        lambda f: edit(f, "settings.yaml", "domain:", "domian: x.y\ndomain:"),
        "settings.yaml:4:1: domian: Extra inputs",
    ),
    "wrong type": (
        lambda f: edit(f, "settings.yaml", "198.18.0.0/16", "everywhere"),
        "settings.yaml:5:1: private_network",
    ),
    "setting twice": (
        lambda f: edit(f, "settings.yaml", "domain:", "name: other\ndomain:"),
        "settings.yaml:4:1: name stands twice",
    ),
    "secret in settings": (
        lambda f: edit(f, "settings.yaml", "domain:", "redis_password: hunter22\ndomain:"),
        "settings.yaml:4:1: redis_password is a secret",
    ),
    "broken YAML": (lambda f: edit(f, "settings.yaml", "name: lab", "name: [lab"), "not valid YAML"),
    "bind to the load balancer": (
        lambda f: edit(f, "settings.yaml", "domain:", "bind: {haproxy: 198.18.0.10}\ndomain:"),
        "bind.haproxy: 198.18.0.10 belongs to load balancer lb-01",
    ),
    "server at the load balancer": (
        lambda f: edit(f, "servers.tsv", "198.18.0.124", "198.18.0.10"),
        "redis-02 has the address of load balancer lb-01",
    ),
    "file mode": (lambda f: (f / "credentials" / "redis.env").chmod(0o644), "redis.env: mode 0644, owner 0"),
    "no credentials": (lambda f: (f / "credentials" / "redis.env").unlink(), "the credentials of redis are missing"),
    "a name missing": (
        lambda f: (f / "credentials" / "minio.env").write_text("MINIO_ROOT_USER=abcdefgh\n"),
        "MINIO_ROOT_PASSWORD is missing",
    ),
    "no entry": (
        lambda f: (f / "credentials" / "redis.env").write_text("REDIS_PASSWORD=short\n"),
        "redis.env:1:1: not a NAME=VALUE entry",
    ),
    "no file": (lambda f: (f / "versions.yaml").unlink(), "versions.yaml: cannot be read: No such file"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_at_its_place(mistake: str, lab: Path) -> None:
    spoil, expected = MISTAKES[mistake]
    spoil(lab)
    problems = problems_of(lab)
    assert expected in problems[0]
    assert len(problems) == 1, problems


def test_every_mistake_is_told_in_one_pass(lab: Path) -> None:
    mistakes = ["unknown role", "outside the network", "latest", "unknown setting", "file mode"]
    MISTAKES["unknown role"][0](lab)
    edit(lab, "servers.tsv", "198.18.0.126", "198.18.0.125")
    for name in mistakes[2:]:
        MISTAKES[name][0](lab)
    problems = "\n".join(problems_of(lab))
    for expected in ("unknown role", "is used before", "`latest`", "domian", "mode 0644"):
        assert expected in problems, problems


def test_a_cluster_that_is_split_is_one_mistake(lab: Path) -> None:
    MISTAKES["two clusters of a service"][0](lab)
    assert len(problems_of(lab)) == 1


def test_columns_stand_in_the_order_of_the_header(lab: Path) -> None:
    hosts = read(lab).hosts
    rows = [row.split("\t") for row in (lab / "servers.tsv").read_text("ascii").splitlines()]
    (lab / "servers.tsv").write_text("\n".join("\t".join(reversed(row)) for row in rows), "ascii")
    assert read(lab).hosts == hosts


def test_files_of_windows_are_read(lab: Path) -> None:
    inventory = read(lab)
    for file in (*lab.glob("*.*"), *lab.glob("credentials/*.env")):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    again = read(lab)
    assert again.hosts == inventory.hosts
    assert again.settings == inventory.settings
    assert again.credentials.values() == inventory.credentials.values()


@pytest.mark.parametrize("name", ["DB_Master.01", "x", "Redis-01.eu-west"])
def test_hosts_and_clusters_are_called_as_people_call_them(name: str, lab: Path) -> None:
    edit(lab, "servers.tsv", "redis-01\t", f"{name}\t")
    edit(lab, "servers.tsv", "\tredis-01.lab", f"\t{name}.lab")
    text = (lab / "servers.tsv").read_text("ascii")
    (lab / "servers.tsv").write_text(text.replace("\tredis\tredis\t", "\tredis\tKB_Redis.1\t"), "ascii")
    host = read(lab).host(name)
    assert (host.fqdn, host.cluster) == (f"{name}.lab.hadrill.test", "KB_Redis.1")


def test_a_host_of_several_roles_belongs_to_the_clusters_of_each(lab: Path) -> None:
    edit(lab, "servers.tsv", "\trabbitmq\tqueue\t", "\trabbitmq, minio\tqueue, minio\t")
    inventory = read(lab)
    host = inventory.host("queue-01")
    assert host.duties == (("rabbitmq", "queue"), ("minio", "minio"))
    assert host in inventory.of_role("rabbitmq")
    assert host in inventory.of_role("minio")
    opened = {opening.port: opening.sources for opening in openings(inventory, host)}
    assert {5672, 9000} <= set(opened)
    assert opened[4369] == ("198.18.0.127", "198.18.0.128"), "its peers as a RabbitMQ"
    of_minio = next(line for line in summary(inventory, Screen()).splitlines() if line.startswith("minio "))
    assert of_minio.split()[:3] == ["minio", "minio", "4"]


def resized(folder: Path, role: str, number: int) -> None:
    """A cluster with so many hosts of the role, all in the place of the first."""
    file = folder / "servers.tsv"
    rows = file.read_text("ascii").splitlines()
    cells = next(row for row in rows if row.split("\t")[4:5] == [role]).split("\t")
    others = [row for row in rows if row.split("\t")[4:5] != [role]]
    new = [f"{role}-{n}\t198.18.7.{n}\t\t{role}-{n}.lab.hadrill.test\t{role}\t{cells[5]}\t" for n in range(number)]
    file.write_text("\n".join([*others, *new, ""]), "ascii")


@pytest.mark.parametrize("role", ["postgresql", "redis", "rabbitmq", "minio", "mariadb", "k3s-server"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 7])
def test_a_cluster_may_have_any_size_and_one_without_sense_is_told(role: str, number: int, lab: Path) -> None:
    resized(lab, role, number)
    inventory = read(lab, "all")
    assert len(inventory.of_role(role)) == number
    # Of four drives two may hold parity: that is MinIO's usual size.
    doubtful = number == 2 or (number == 4 and role != "minio")
    assert [warning.message.partition(" has ")[2][:8] for warning in inventory.warnings] == (
        [f"{number} hosts:"] if doubtful else []
    )


@pytest.mark.parametrize("number", [1, 2, 3])
def test_any_number_of_proxies_is_right(number: int, lab: Path) -> None:
    resized(lab, "haproxy", number)
    assert not read(lab).warnings


def test_a_warning_says_what_is_survived_and_what_to_do(lab: Path) -> None:
    resized(lab, "redis", 4)
    warning = str(read(lab).warnings[0]).replace(f"{lab}/", "")
    assert warning.startswith("servers.tsv:27:1: cluster 'redis' of role redis has 4 hosts: the loss of 1 of them")
    assert "5 survive 2" in warning
    assert f"warning: {lab}/{warning}" in summary(read(lab), Screen())


def test_hosts_that_vote_on_nothing_may_have_names_of_their_own(lab: Path) -> None:
    edit(lab, "servers.tsv", "\tk3s-agent\tk3s\t", "\tk3s-agent\tworkers\t")
    inventory = read(lab, "all")
    (cluster,) = inventory.clusters_of("kubernetes")
    assert (cluster.name, len(cluster.members)) == ("k3s", 8)


def test_a_secret_with_a_typing_error_is_not_shown(lab: Path) -> None:
    (lab / "credentials" / "redis.env").write_text("REDIS_PASSWORD:very-secret-value\n")
    assert "very-secret-value" not in "\n".join(problems_of(lab))


def test_a_power_driver_s_token_is_a_secret_too(lab: Path) -> None:
    (lab / "credentials" / "hcloud.env").write_text("HCLOUD_TOKEN=0123456789abcdef\n")
    assert "0123456789abcdef" in read(lab).credentials.values()


def test_credentials_do_not_show_when_printed(lab: Path) -> None:
    inventory = read(lab)
    assert not any(secret in repr(inventory) + str(inventory) for secret in inventory.credentials.values())


def test_the_command_ends_with_the_sentences_and_no_traceback(lab: Path) -> None:
    MISTAKES["latest"][0](lab)
    done = CliRunner().invoke(commands, ["inventory", "check", "--inventory", str(lab)])
    assert isinstance(done.exception, InvalidInventoryError)
    assert "1 mistake" in str(done.exception)


def test_ports_are_open_to_those_who_need_them_only(lab: Path) -> None:
    inventory = read(lab)
    sentinel = {o.port: o.sources for o in openings(inventory, inventory.host("redis-01"))}[26379]
    assert "198.18.0.124" in sentinel
    assert "198.18.0.11" in sentinel
    assert "198.18.0.126" not in sentinel
    assert "198.18.0.123" not in sentinel, "a host needs no rule for itself"


def test_problems_print_file_line_and_remedy() -> None:
    assert str(Problem(Path("a.tsv"), 3, 7, "wrong", "Mend it.")) == "a.tsv:3:7: wrong. Mend it."


@pytest.mark.parametrize("name", ["servers.tsv", "versions.yaml", "settings.yaml", "credentials/redis.env"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_ends_in_a_traceback(name: str, lab: Path, data: st.DataObject) -> None:
    file = lab / name
    original = file.read_bytes()
    try:
        start = data.draw(st.integers(0, len(original)))
        end = data.draw(st.integers(start, min(len(original), start + 40)))
        noise = data.draw(
            st.one_of(
                st.binary(max_size=30), st.text(alphabet="\t\n:[]{}&*!|>-'\"#,. ab01", max_size=30).map(str.encode)
            )
        )
        file.write_bytes(original[:start] + noise + original[end:])
        with contextlib.suppress(InvalidInventoryError):
            read(lab)
    finally:
        file.write_bytes(original)


def test_credentials_that_are_added_leave_a_last_line_without_an_end_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "postgresql.env"
    file.write_text("POSTGRES_PASSWORD=abcdefghij", "ascii")
    file.chmod(0o600)
    assert write_missing(tmp_path, ["postgresql"])
    lines = file.read_text("ascii").splitlines()
    assert lines[0] == "POSTGRES_PASSWORD=abcdefghij"
    assert {line.partition("=")[0] for line in lines} == set(registry.roles()["postgresql"].credentials)
