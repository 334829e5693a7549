"""How a host is logged in to: its row, then settings.yaml, then the SSH configuration, then what is usual."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hadrill.inventory import InvalidInventoryError, read
from hadrill.inventory.login import Login
from hadrill.inventory.ports import known_ports, openings

HOME = Path.home()


@pytest.fixture
def login(lab: Path) -> Callable[[str], Login]:
    """The login of a host of the lab's copy, as its files are now, without the lab's own SSH settings."""
    settings = (lab / "settings.yaml").read_text("ascii")
    before, _, after = settings.partition("ssh:\n")
    rest = after.partition("dns:\n")
    (lab / "settings.yaml").write_text(f"{before}dns:\n{rest[2]}", "ascii")

    def of(name: str) -> Login:
        inventory = read(lab)
        return inventory.login(inventory.host(name))

    return of


def write_rows(folder: Path, **columns: dict[str, str]) -> None:
    """Add columns to servers.tsv, each with the cells of some hosts."""
    rows = []
    for row in (folder / "servers.tsv").read_text("ascii").splitlines():
        name = row.split("\t")[0]
        cells = [column if name == "host" else values.get(name, "") for column, values in columns.items()]
        rows.append("\t".join([row, *cells]))
    (folder / "servers.tsv").write_text("\n".join(rows) + "\n", "ascii")


def write_settings(folder: Path, ssh: str) -> None:
    """Add SSH settings."""
    with (folder / "settings.yaml").open("a") as file:
        file.write(f"ssh: {ssh}\n")


def test_without_a_word_it_is_root_at_port_22_with_the_usual_keys(lab: Path, login: Callable[[str], Login]) -> None:
    write_settings(lab, "{config: none}")
    keys = tuple(HOME / ".ssh" / name for name in ("id_ed25519", "id_ecdsa", "id_rsa"))
    assert login("redis-01") == Login("redis-01", "198.18.0.123", 22, "root", keys)


def test_a_configuration_beside_the_inventory_is_honoured(lab: Path, login: Callable[[str], Login]) -> None:
    (lab / "ssh.config").write_text(
        "Include more.d/*.conf\n"
        "Host redis-* db-*\n  User deploy\n  Port 2222\n  IdentityFile ~/.ssh/one\n  ProxyJump jump\n"
        "Host redis-02\n  HostName cache.example.org\n  HostKeyAlias cache\n  IdentitiesOnly yes\n"
        "Host 198.18.0.13?\n  User by-address\n"
        "Host *\n  IdentityFile ~/.ssh/last\n  User nobody\n",
        "ascii",
    )
    (lab / "more.d").mkdir()
    (lab / "more.d" / "jump.conf").write_text("Host jump\n  HostName 198.18.0.9\n  User admin\n", "ascii")
    keys = (HOME / ".ssh" / "one", HOME / ".ssh" / "last")
    jump = Login("jump", "198.18.0.9", 22, "admin", keys[1:])
    assert login("redis-01") == Login("redis-01", "198.18.0.123", 2222, "deploy", keys, jump=(jump,))
    second = login("redis-02")
    assert (second.address, second.known_name, second.only_these) == ("cache.example.org", "cache", True)
    assert login("minio-01").user == "by-address"
    assert login("queue-01").user == "nobody"


def test_the_inventory_wins_over_the_configuration_and_a_row_over_its_settings(
    lab: Path, login: Callable[[str], Login]
) -> None:
    (lab / "ssh.config").write_text("Host *\n User nobody\n Port 1\n IdentityFile ~/no\nHost redis-*\n ProxyJump no\n")
    write_settings(lab, "{user: deploy, port: 2222, key: keys/all, jump: admin@198.18.0.9}")
    assert login("redis-01").user == "deploy"
    write_rows(
        lab,
        jump={"redis-02": "none", "redis-03": "haproxy-01"},
        ssh_port={"redis-02": "2223"},
        ssh_user={"redis-02": "ops"},
        ssh_key={"redis-02": "~/.ssh/ops"},
    )
    first, second, third = map(login, ("redis-01", "redis-02", "redis-03"))
    assert (first.user, first.port, first.keys) == ("deploy", 2222, (lab / "keys" / "all",))
    # A jump host elsewhere is reached as the configuration says.
    assert [str(hop) for hop in first.jump] == ["admin@198.18.0.9:1"]
    assert second == Login("redis-02", "198.18.0.124", 2223, "ops", (HOME / ".ssh" / "ops",))
    # One of the inventory's own hosts, and the way to it.
    assert [str(hop) for hop in third.jump] == ["admin@198.18.0.9:1", "deploy@198.18.0.11:2222"]


def test_a_default_way_is_not_the_way_to_its_own_hosts(lab: Path, login: Callable[[str], Login]) -> None:
    write_settings(lab, "{config: none, jump: 'haproxy-01,haproxy-02:2222'}")
    assert login("haproxy-01").jump == ()
    assert [hop.name for hop in login("haproxy-02").jump] == ["haproxy-01"]
    assert [hop.place for hop in login("redis-01").jump] == ["198.18.0.11:22", "198.18.0.12:2222"]


def test_what_an_included_file_says_ends_with_it(lab: Path, login: Callable[[str], Login]) -> None:
    (lab / "ssh.config").write_text("Host redis-01\nInclude other\n User deploy\n", "ascii")
    (lab / "other").write_text("Host nobody\n User other\n", "ascii")
    assert login("redis-01").user == "deploy"
    assert login("redis-02").user == "root"


MISTAKES = {
    "a circle of files": ({"ssh.config": "Include ssh.config\n"}, "", "included 16 files deep"),
    "no such file": ({}, "{config: nowhere}", "nowhere: there is no such file"),
    "a line that is none": ({"ssh.config": "Host\n"}, "", "ssh.config: cannot be read: Unparsable line Host"),
    "a command": (
        {"ssh.config": "Host *\n ProxyCommand nc %h %p\n"},
        "",
        "ssh.config: a ProxyCommand for redis-01, which is not followed. Write a ProxyJump",
    ),
    "a port": ({"ssh.config": "Host *\n Port ssh\n"}, "", "ssh.config: Port 'ssh'. Write a number."),
    "a circle of jumps": (
        {"ssh.config": "Host a\n ProxyJump b\nHost b\n ProxyJump a\n"},
        "{jump: a}",
        "jump hosts lead in a circle: redis-01 -> a -> b -> a. Correct `jump`",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_way_that_cannot_be_followed_is_told(lab: Path, login: Callable[[str], Login], mistake: str) -> None:
    files, ssh, expected = MISTAKES[mistake]
    for name, text in files.items():
        (lab / name).write_text(text, "ascii")
    write_settings(lab, ssh or "{}")
    with pytest.raises(InvalidInventoryError) as caught:
        login("redis-01")
    assert expected in str(caught.value)


def test_columns_of_the_login_are_checked_where_they_stand(lab: Path) -> None:
    write_rows(
        lab,
        ssh_user={"redis-01": "two words"},
        ssh_port={"redis-02": "70000"},
        jump={"redis-03": "admin@"},
    )
    with pytest.raises(InvalidInventoryError) as caught:
        read(lab)
    shown = [(problem.line, problem.message) for problem in caught.value.problems]
    assert shown[:3] == [(8, "SSH user 'two words'"), (9, "SSH port '70000'"), (10, "jump hosts 'admin@'")]


def test_columns_that_nobody_knows_or_that_stand_twice_are_refused(lab: Path) -> None:
    for column in ("sshuser", "notes"):
        write_rows(lab, **{column: {}})
        with pytest.raises(InvalidInventoryError, match=r"ssh_user, ssh_port, ssh_key, jump may follow"):
            read(lab)


def test_a_wrong_jump_in_the_settings_is_told(lab: Path, login: Callable[[str], Login]) -> None:
    write_settings(lab, "{jump: 'two words'}")
    with pytest.raises(InvalidInventoryError, match=r"ssh.jump: .*is no list of jump hosts, like admin@bastion:2222"):
        login("redis-01")


def test_the_firewall_lets_ssh_in_at_its_own_port_and_from_the_jump_host(
    lab: Path, login: Callable[[str], Login]
) -> None:
    write_settings(lab, "{config: none, jump: haproxy-02}")
    write_rows(lab, ssh_port={"redis-01": "2222"})
    assert login("redis-01").port == 2222
    inventory = read(lab)
    assert inventory.host("redis-01") in inventory.behind(inventory.host("haproxy-02"))
    assert inventory.behind(inventory.host("haproxy-01")) == ()
    ssh = next(openings(inventory, inventory.host("redis-01")))
    assert (ssh.port, ssh.sources) == (2222, ("198.18.0.1", "198.18.0.12"))
    assert {22, 2222} <= known_ports(inventory)
