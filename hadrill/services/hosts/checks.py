"""What is true of every installed host. `machine` is testinfra's view of it."""

from typing import Any

from hadrill.inventory import Host, Inventory
from hadrill.inventory.versions import components
from hadrill.placement import ContainerUnit
from hadrill.placement import engine as engines
from hadrill.remote import shell
from hadrill.services import registry
from hadrill.services.finding import Finding, require
from hadrill.services.placing import placed_in

SSHD = {
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "permitemptypasswords": "no",
    "permitrootlogin": "without-password",
}
STRICTER = {("permitrootlogin", "no")}
"""What is as good: root is nobody's login where others use sudo."""


def engine(host: Host, machine: Any) -> None:
    """A container engine answers."""
    done = machine.run(engines.ANSWERS)
    cause = "no container engine is installed: run module 2 (fab base)"
    require([None if done.rc == 0 else Finding(host.name, "a container engine", done.stderr.strip()[-200:], cause)])


def swap(host: Host, machine: Any) -> None:
    """Swap is off, now and after a restart."""
    now = machine.file("/proc/swaps").content_string.strip().splitlines()[1:]
    later = [line for line in _lines(machine, "/etc/fstab") if line.split()[2:3] == ["swap"]]
    cause = "swap was switched on after module 2: run fab base"
    require([Finding(host.name, "no swap", line, cause) for line in now + later])


def sshd(host: Host, machine: Any) -> None:
    """sshd takes keys only, as it really runs and not only as a file says."""
    live = dict(line.split(" ", 1) for line in machine.check_output("sshd -T").splitlines() if " " in line)
    cause = "another file in /etc/ssh/sshd_config.d comes first, or module 2 has not run"
    require(
        Finding(host.name, f"{name} {value}", live.get(name, "nothing"), cause)
        for name, value in SSHD.items()
        if live.get(name, "").replace("prohibit-password", "without-password") != value
        and (name, live.get(name)) not in STRICTER
    )


def resolver(host: Host, machine: Any, inventory: Inventory) -> None:
    """The resolvers of the settings are in use, and every host of the inventory has its name."""
    findings = []
    expected = [str(address) for address in inventory.settings.dns.resolvers]
    command = "cat /run/systemd/resolve/resolv.conf 2>/dev/null || cat /etc/resolv.conf"
    live = [line.split()[1] for line in machine.check_output(command).splitlines() if line.startswith("nameserver ")]
    if expected and live != expected:
        cause = "something else writes /etc/resolv.conf"
        findings.append(Finding(host.name, f"resolvers {expected}", str(live), cause))
    known = machine.run(shell.command("getent", "hosts", *(other.fqdn for other in inventory.hosts))).stdout
    addresses = {fields[1]: fields[0] for fields in map(str.split, known.splitlines())}
    for other in inventory.hosts:
        if addresses.get(other.fqdn) != other.address:
            cause = "the entry in /etc/hosts is missing or wrong: run fab base"
            findings.append(
                Finding(host.name, f"{other.fqdn} at {other.address}", addresses.get(other.fqdn, "unknown"), cause)
            )
    require(findings)


def firewall(host: Host, machine: Any) -> None:
    """UFW is active now and after a restart, and denies what is not allowed."""
    status = machine.run("ufw status verbose").stdout
    boot = "ENABLED=yes" in machine.file("/etc/ufw/ufw.conf").content_string
    findings = []
    if "Status: active" not in status or "deny (incoming)" not in status:
        actual = " ".join(status.split()[:8]) or "no answer"
        findings.append(
            Finding(host.name, "UFW active, incoming denied", actual, "the firewall was switched off: run fab base")
        )
    if not boot:
        findings.append(Finding(host.name, "UFW on at boot", "off", "the firewall was disabled: run fab base"))
    require(findings)


def images(host: Host, machine: Any, inventory: Inventory) -> None:
    """The pinned images really run, and start again by themselves after a power cut."""
    running = engines.images(machine.run(engines.LISTED).stdout)
    findings = []
    for its, image_name in containers(host, inventory).items():
        name, image = its.container, inventory.image(image_name)
        if running.get(name) != image:
            cause = (
                "the container is stopped"
                if name not in running
                else "it was started before versions.yaml changed: run fab all"
            )
            findings.append(Finding(host.name, f"{name} from {image}", running.get(name, "not running"), cause))
        if machine.run(its.starts_at_boot).rc != 0:
            cause = "it would stay away after a power cut"
            findings.append(Finding(host.name, f"{its.unit} enabled", "not enabled", cause))
    require(findings)


def containers(host: Host, inventory: Inventory) -> dict[ContainerUnit, str]:
    """Containers that a host runs, each with its name in versions.yaml."""
    known = ((registry.service_of(role), components(role, inventory.settings)) for role in host.roles)
    images = (
        (placed_in(inventory, service.name, part.name, host), part.image)
        for service, parts in known
        for part in parts
        if service and part.image
    )
    return {its: image for its, image in images if isinstance(its, ContainerUnit)}


def _lines(machine: Any, path: str) -> list[str]:
    file = machine.file(path)
    text = file.content_string if file.exists else ""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
