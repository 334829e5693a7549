"""Module 2, base OS and security: engine, swap off, names, resolver, SSH with keys only, firewall."""

from typing import Any

from hadrill.install.desired import Block, Desired, File
from hadrill.install.site import InstallError, Site
from hadrill.inventory import RUNNER, Host
from hadrill.inventory.ports import home_networks, openings
from hadrill.on_host import program
from hadrill.remote import run_program, runner_address, shell

PACKAGES = {"docker": "docker.io", "ufw": "ufw", "python3": "python3"}
HOSTS = ("# BEGIN hadrill", "# END hadrill")
RULES = "/etc/ufw/user.rules"
UFW_RETRIES = "/etc/systemd/system/ufw.service.d/hadrill.conf"
# At boot the kernel may refuse a table for a moment; UFW gives up then, half shut: nobody reaches the host any more.
RETRIES = """\
[Unit]
StartLimitIntervalSec=0

[Service]
ExecStartPre=-/usr/lib/ufw/ufw-init stop
Restart=on-failure
RestartSec=1
"""
PACKAGE_SECONDS = 600.0
FACTS_SECONDS = 60.0
DIGESTS = {name: f"/var/lib/hadrill/{name}.digest" for name in ("sshd", "ufw")}
"""Files with a digest of what each of them was last started with."""


def install(site: Site) -> None:
    """Bring every host but the runner to the base state."""
    hosts = site.inventory.managed
    facts = site.everywhere(hosts, lambda host: _facts(site, host))
    for host in hosts:
        _refuse_to_lock_out(site, host, facts[host]["client"])
    site.everywhere(hosts, lambda host: _packages_and_swap(site, host, facts[host]))
    site.apply({host: desired(site, host, facts[host]) for host in hosts})
    site.everywhere(hosts, lambda host: _activate(site, host, facts[host]))


def desired(site: Site, host: Host, facts: dict[str, Any]) -> Desired:
    """Files of the base module."""
    settings = site.inventory.settings
    login = site.inventory.login(host)
    runners = [runner.address for runner in site.inventory.of_role(RUNNER)]
    # OpenSSH knows penalties from 9.8 on, and refuses a setting that it does not know.
    sshd = site.render("sshd.conf.j2", penalties=facts["penalties"], runners=runners, root=login.is_root)
    files = [File("/etc/ssh/sshd_config.d/10-hadrill.conf", sshd, 0o600)]
    if settings.dns.resolvers:
        addresses = [str(address) for address in settings.dns.resolvers]
        if facts["resolved"]:
            text = f"[Resolve]\nDNS={' '.join(addresses)}\n"
            files.append(File("/etc/systemd/resolved.conf.d/hadrill.conf", text))
        else:
            files.append(File("/etc/resolv.conf", "".join(f"nameserver {address}\n" for address in addresses)))
    names = "".join(f"{other.address} {other.fqdn} {other.name}\n" for other in site.inventory.hosts)
    blocks = (Block("/etc/hosts", *HOSTS, names),)
    # UFW's own file in UFW's own form: one comparison instead of a run of ufw for each rule.
    files.append(File(UFW_RETRIES, RETRIES))
    files.append(File(RULES, _rules(site, host), 0o640))
    return Desired(files=tuple(files), blocks=blocks)


def _rules(site: Site, host: Host) -> str:
    """The firewall's rules: the host's own ports, and networks inside the host, like that of its pods."""
    opened, networks = list(openings(site.inventory, host)), home_networks(site.inventory, host)
    return site.render("user.rules.j2", openings=opened, networks=networks)


def _facts(site: Site, host: Host) -> dict[str, Any]:
    order = {"commands": sorted(PACKAGES), "digests": DIGESTS}
    facts: dict[str, Any] = run_program(site.remote, host, program("base_facts"), order, FACTS_SECONDS)
    return facts | {"client": runner_address(site.remote, host)}


def _refuse_to_lock_out(site: Site, host: Host, client: str) -> None:
    """Check that the firewall lets this very connection pass: otherwise nobody could correct it later."""
    ssh = next(iter(openings(site.inventory, host)))
    if client not in ssh.sources:
        raise InstallError(
            f"{host}: SSH comes from {client}, but the firewall would let in {', '.join(ssh.sources) or 'nobody'}. "
            "Give this computer's private address to the host of role runner in servers.tsv, and a jump host a row "
            "(role base)"
        )


def _packages_and_swap(site: Site, host: Host, facts: dict[str, Any]) -> None:
    missing = facts["missing"]
    if missing:
        packages = " ".join(PACKAGES[command] for command in missing)
        site.record(host, f"install {packages}")
        if not site.check:
            command = f"export DEBIAN_FRONTEND=noninteractive; apt-get update -q && apt-get install -y -q {packages}"
            site.remote.run(host, command, seconds=PACKAGE_SECONDS)
    if facts["swap"] or facts["fstab"]:
        site.record(host, "swap off")
        if not site.check:
            site.remote.run(host, r"swapoff -a && sed -ri '/^[^#].*\sswap\s/s/^/# hadrill: /' /etc/fstab")


def _activate(site: Site, host: Host, facts: dict[str, Any]) -> None:
    """Reload sshd and the firewall where what they run with is not what is on the disk."""
    # A restart, not a reload: with socket activation sshd does not survive one. Sessions go on.
    sshd = "sshd -t && systemctl restart ssh"
    # Rules that the kernel would refuse halfway through would leave the host shut, so they are tried first.
    firewall = f"iptables-restore --test {RULES} && ufw {'reload' if facts['ufw_loaded'] else '--force enable'}"
    for name, paths, command in (
        ("sshd", ("/etc/ssh/sshd_config.d/10-hadrill.conf",), sshd),
        ("ufw", (RULES,), firewall),
    ):
        digest = f"{shell.command('cat', *paths)} | sha256sum"
        now = site.remote.attempt(host, digest).stdout
        if now != facts["digests"][name] or (name == "ufw" and not facts["ufw_loaded"]):
            site.record(host, f"reload {name}")
            if not site.check:
                keep = f"mkdir -p /var/lib/hadrill && {digest} > {DIGESTS[name]}"
                site.remote.run(host, f"{{ {command}; }} >&2 && {keep}")
