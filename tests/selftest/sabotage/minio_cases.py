"""Misconfigurations of MinIO and of any of its hosts, by the name of the cause that must be found."""

from collections.abc import Callable

from hadrill.services.minio.drive import NAME
from hadrill.services.minio.service import PORT, Minio
from tests.selftest.sabotage.bench import Disturbance, Sabotage, spoilt, stopped

ENVIRONMENT = "/etc/hadrill/minio/minio.env"
DATA = "/var/lib/hadrill/minio"
RESTART = "systemctl restart hadrill-minio"


def root_password(service: Minio) -> Sabotage:
    """One node was given another root password."""
    other = "s/^\\(MINIO_ROOT_PASSWORD=\\).*/\\1not-the-password/"
    change = f"sed -i '{other}' {ENVIRONMENT}"
    return Sabotage(
        "root-credentials-differ", (spoilt(service.members[-1], ENVIRONMENT, change, RESTART),), fails="objects"
    )


def drive_full(service: Minio) -> Sabotage:
    """A small drive, and something else that fills it."""
    fill = f"fallocate -l $(( $(df --output=avail -B1M {DATA} | tail -1) - 20 ))M {DATA}/filler"
    apply = (
        f"systemctl stop hadrill-minio; mount -t tmpfs -o size=256m tmpfs {DATA}; systemctl start hadrill-minio; {fill}"
    )
    undo = f"systemctl stop hadrill-minio; ! mountpoint -q {DATA} || umount {DATA}; systemctl start hadrill-minio"
    return Sabotage("drive-full", (Disturbance(service.members[-1], apply, undo),))


def minio_stopped(service: Minio) -> Sabotage:
    """A node was stopped and forgotten."""
    return Sabotage("minio-stopped", (stopped(service.members[-1], "hadrill-minio"),), fails="objects")


def firewall_rule_missing(service: Minio) -> Sabotage:
    """UFW does not let the peers in."""
    host, chain = service.members[-1], "ufw-user-input"
    apply = f"rule=$(iptables -S {chain} | grep 'dport 9000 ' | sed 's/^-A/-D/'); iptables $rule"
    return Sabotage("port-filtered", (Disturbance(host, apply, "ufw reload > /dev/null"),), fails="objects")


def frozen(service: Minio) -> Sabotage:
    """MinIO's own drive timeout, which is longer than clients wait, and a node that hangs once all serve again."""
    forget = [spoilt(host, ENVIRONMENT, f"sed -i /^{NAME}=/d {ENVIRONMENT}", RESTART) for host in service.members]
    host = service.members[-1]
    page = f"http://{host.address}:{PORT}/minio/health/cluster"
    serves = f"python3 -c 'import urllib.request as web; web.urlopen(\"{page}\")' 2> /dev/null"
    apply = f"for attempt in $(seq 200); do {serves} && break; sleep 0.05; done; docker pause minio"
    hang = Disturbance(host, apply, "docker unpause minio || :")
    return Sabotage("drive-timeout-too-long", (*forget, hang), fails="objects")


def name_wrong(service: Minio) -> Sabotage:
    """A host takes a member for another machine."""
    one, other = service.members[0], service.members[-1]
    wrong = f"sed 's/^{other.address} /198.18.0.250 /' /etc/hosts > /run/hosts.wrong"
    apply = f"cp /etc/hosts /run/hosts.right; {wrong}; cat /run/hosts.wrong > /etc/hosts"
    undo = "[ ! -e /run/hosts.right ] || cat /run/hosts.right > /etc/hosts"
    return Sabotage("name-wrong", (Disturbance(one, apply, undo),))


def certificate(service: Minio) -> Sabotage:
    """Nobody renewed it."""
    file = "/etc/hadrill/minio/public.crt"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 5 -subj /CN=minio -keyout /dev/null 2> /dev/null"
    return Sabotage("certificate-expiring", (Disturbance(service.members[0], f"{make} -out {file}", f"rm -f {file}"),))


CASES: dict[str, Callable[[Minio], Sabotage]] = {
    case.__name__: case
    for case in (root_password, drive_full, minio_stopped, firewall_rule_missing, frozen, name_wrong, certificate)
}
