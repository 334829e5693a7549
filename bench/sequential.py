"""The 13 basic checks without hadrill: testinfra over SSH, one after the other, with the products' own tools.

For the comparison in `make bench` only, as a shell script would do it, with clients in the containers. Several ask less
than hadrill's: MinIO's health instead of objects, Redis' roles instead of a written key, the SQL proxies through the
load balancer only. So the ratio flatters this side.
"""

import os
from pathlib import Path
from typing import Any

import testinfra

from hadrill.inventory import Host, read
from hadrill.services.redis.settings import RedisSettings

INVENTORY = read(Path(os.environ["HADRILL_INVENTORY"]))
SECRET = INVENTORY.credentials.secret
REDIS = f"REDISCLI_AUTH={SECRET('redis', 'REDIS_PASSWORD')}"
PG = f"PGPASSWORD={SECRET('postgresql', 'HADRILL_PASSWORD')}"
SQL = f"MYSQL_PWD={SECRET('mariadb', 'HADRILL_PASSWORD')}"
RABBIT = f"hadrill:{SECRET('rabbitmq', 'RABBITMQ_PASSWORD')}"


def on(host: Host) -> Any:
    return testinfra.get_host(f"ssh://{host.name}", ssh_config=os.environ["HADRILL_SSH_CONFIG"])


def members(role: str) -> list[Any]:
    return [on(host) for host in INVENTORY.of_role(role)]


def psql(machine: Any, address: str, port: int, query: str) -> str:
    return str(
        machine.check_output(f"docker exec -e {PG} patroni psql -h {address} -p {port} -U hadrill -Atc '{query}'")
    )


def sql(machine: Any, address: str, query: str) -> str:
    return str(
        machine.check_output(f'docker exec -e {SQL} mariadb mariadb -h {address} -u hadrill -Ne "{query}" hadrill')
    )


def redis(machine: Any, address: str, port: int, command: str) -> str:
    return str(
        machine.check_output(
            f"docker exec -e {REDIS} redis redis-cli --no-auth-warning -h {address} -p {port} {command}"
        )
    )


def entry(port: int) -> str:
    return str(INVENTORY.entry_point(port).address)


def test_postgresql_connectivity() -> None:
    nearest = "SELECT 1 ORDER BY $$[1,2,3]$$::vector <-> $$[1,2,4]$$"
    assert psql(members("postgresql")[0], entry(5432), 5432, nearest) == "1"


def test_postgresql_cluster() -> None:
    for machine in members("postgresql"):
        view = machine.check_output(
            "python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:8008/cluster\").read().decode())'"
        )
        assert view.count('"leader"') == 1


def test_postgresql_replication() -> None:
    machines = members("postgresql")
    psql(machines[0], entry(5432), 5432, "CREATE TABLE IF NOT EXISTS bench (n int); INSERT INTO bench VALUES (1)")
    for machine in machines:
        assert int(psql(machine, "127.0.0.1", 5432, "SELECT count(*) FROM bench")) > 0
    psql(machines[0], entry(5432), 5432, "DROP TABLE bench")


def test_pgbouncer() -> None:
    machine = members("postgresql")[0]
    assert psql(machine, entry(6432), 6432, "SELECT 1") == "1"


def test_redis_connectivity() -> None:
    assert redis(members("redis")[0], entry(6379), 6379, "set bench 1 ex 60") == "OK"


def test_redis_replication() -> None:
    roles = [redis(machine, "127.0.0.1", 6379, "role").splitlines()[0] for machine in members("redis")]
    assert sorted(roles) == ["master", "slave", "slave"]


def test_redis_sentinel() -> None:
    for machine in members("redis"):
        assert "OK" in redis(
            machine, "127.0.0.1", 26379, f"sentinel ckquorum {INVENTORY.settings.of(RedisSettings).master_name}"
        )


def test_rabbitmq_connectivity() -> None:
    program = (
        "import urllib.request as u, base64, json\n"
        f"login = base64.b64encode(b'{RABBIT}').decode()\n"
        "def call(method, path, body):\n"
        "    r = u.Request('http://127.0.0.1:15672/api/' + path, method=method, data=json.dumps(body).encode(),\n"
        "        headers={'Authorization': 'Basic ' + login, 'Content-Type': 'application/json'})\n"
        "    return json.loads(u.urlopen(r).read() or b'null')\n"
        "call('PUT', 'queues/hadrill/bench', {'durable': True, 'arguments': {'x-queue-type': 'quorum', 'x-expires': 60000}})\n"
        "sent = call('POST', 'exchanges/hadrill/amq.default/publish', {'properties': {}, 'routing_key': 'bench', 'payload': 'x', 'payload_encoding': 'string'})\n"
        "got = call('POST', 'queues/hadrill/bench/get', {'count': 1, 'ackmode': 'ack_requeue_false', 'encoding': 'auto'})\n"
        "assert sent['routed'] and got[0]['payload'] == 'x'\n"
    )
    members("rabbitmq")[0].check_output("python3 -c %s", program)


def test_rabbitmq_cluster() -> None:
    for machine in members("rabbitmq"):
        assert "queue-03" in machine.check_output(
            "docker exec rabbitmq rabbitmqctl --quiet cluster_status --formatter json"
        )


def test_minio_objects() -> None:
    for machine in members("minio"):
        machine.check_output(
            "python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:9000/minio/health/cluster\")'"
        )


def test_mariadb_connectivity() -> None:
    assert sql(members("mariadb")[0], entry(3306), "SELECT 1") == "1"


def test_mariadb_cluster() -> None:
    for machine in members("mariadb"):
        assert sql(machine, "127.0.0.1", "SHOW STATUS LIKE 'wsrep_cluster_size'").endswith("3")


def test_sql_proxy() -> None:
    for machine in members("mariadb"):
        assert sql(machine, entry(3306), "SELECT 1") == "1"
