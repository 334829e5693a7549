"""Records of services: data only, and each name in them leads somewhere."""

import subprocess
import sys
from dataclasses import replace

import pytest

from hadrill.inventory.host import Role
from hadrill.services import registry
from hadrill.services.service import BALANCERS, BASE, NETWORK, NODES, PEERS, RUNNER, Service

SOURCES = {PEERS, NODES, BALANCERS, NETWORK, RUNNER}
DRIVERS = ("psycopg", "redis", "pika", "pymysql", "boto3", "botocore", "kubernetes", "fabric")


def test_every_role_of_an_inventory_is_in_a_record() -> None:
    assert set(registry.roles()) == {role.value for role in Role}
    assert registry.service_of(RUNNER) is None
    assert registry.service_of(BASE) is None


@pytest.mark.parametrize("service", registry.services(), ids=lambda service: service.name)
def test_code_that_a_record_names_exists(service: Service) -> None:
    named = [service.client, service.cluster, service.checks, service.examination, service.versions, service.settings]
    if service.install:
        named += [service.install.function, service.install.proof, service.install.beforehand]
    for reference in filter(None, [*named, *service.driver_errors]):
        assert registry.load(reference), reference


@pytest.mark.parametrize("service", registry.services(), ids=lambda service: service.name)
def test_roles_that_a_record_names_exist(service: Service) -> None:
    known = set(registry.roles())
    for role in service.roles:
        assert role.partner in {"", *known}
        for port in role.ports:
            assert set(port.sources) <= known | SOURCES
    for front in service.fronts:
        assert front.role in known
    for component in service.components:
        assert set(component.roles) <= {role.name for role in service.roles}
        assert component.inside in {"", *(other.name for other in service.components)}


def test_records_import_no_code_of_a_service_and_no_driver() -> None:
    program = (
        "import sys; from hadrill.services import registry; registry.roles();"
        "print([m for m in sys.modules if m.partition('.')[0] in sys.argv or m.startswith('hadrill.')])"
    )
    listed = subprocess.run([sys.executable, "-c", program, *DRIVERS], capture_output=True, text=True, check=True)
    loaded = set(eval(listed.stdout))  # noqa: S307 - what the line above printed
    records = {f"hadrill.services.{service.name}" for service in registry.services()}
    allowed = {"hadrill.services", "hadrill.services.registry", "hadrill.services.service"}
    assert loaded == allowed | records | {f"{record}.record" for record in records}


def test_two_services_do_not_claim_one_role() -> None:
    twice = replace(registry.service("redis"), name="redis-2", fixture="redis_2", install=None)
    with pytest.raises(registry.RegistryError, match="two services claim the role 'redis'"):
        registry.check([*registry.services(), twice])


def test_an_unknown_service_is_told_with_those_that_exist() -> None:
    with pytest.raises(LookupError, match="no service 'mongo': there are postgresql, redis"):
        registry.service("mongo")
