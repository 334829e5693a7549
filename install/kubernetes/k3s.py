"""K3s: one program from a given place, checked by its sum, with its configuration files, token and units.

Source: K3s' documentation of its configuration file and of embedded etcd, and the units of its installer.
"""

import json
from collections.abc import Mapping

from hadrill.install.desired import AFTER_NETWORK, Desired, Directory, File, Unit
from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host
from hadrill.remote import shell
from hadrill.services.kubernetes.service import Kubernetes

PROGRAM = "/usr/local/bin/k3s"
CONFIG = "/etc/rancher/k3s/config.yaml"
JOIN_FILE = "/etc/rancher/k3s/token"
DOWNLOAD_SECONDS = 300.0
FETCH = """
set -e
case $1 in
    /*) cp "$1" "$3.hadrill-new" ;;
    *) curl -fsSL -o "$3.hadrill-new" -- "$1" ;;
esac
echo "$2  $3.hadrill-new" | sha256sum -c --status || {
    rm -f "$3.hadrill-new"
    echo "the sum of $1 is not $2" >&2
    exit 1
}
chmod 755 "$3.hadrill-new"
mv "$3.hadrill-new" "$3"
"""
"""From a place on the host itself or a URL, with the sum that it must have, to where it lies."""


def require_source(service: Kubernetes) -> None:
    """Raises InstallError where settings do not say which program it is."""
    given = {"k3s_source": service.settings.k3s_source, "k3s_sha256": service.settings.k3s_sha256}
    missing = [f"kubernetes.{name}" for name, value in given.items() if not value]
    if missing:
        file = service.inventory.folder / "settings.yaml"
        raise InstallError(
            f"{file}: {' and '.join(missing)} missing: where K3s' program comes from (a URL, or a file on every"
            " host), and its SHA-256; or `distribution: upstream`"
        )


def install_program(site: Site, service: Kubernetes) -> None:
    """Bring the program to hosts that have another one, or none. Raises InstallError where its sum is not the given."""
    require_source(service)
    settings = service.settings
    site.everywhere(service.members, lambda host: _fetch(site, host, settings.k3s_source, settings.k3s_sha256))


def desired(site: Site, service: Kubernetes, host: Host) -> Desired:
    """Configuration, token and unit of one host."""
    server = "k3s-server" in host.roles
    config = server_config(service, host) if server else agent_config(service, host)
    name = "k3s" if server else "k3s-agent"
    files = (
        # JSON is YAML, and needs no care for quotes.
        File(CONFIG, json.dumps(config, indent=1) + "\n", 0o600),
        File(JOIN_FILE, f"{site.inventory.credentials.secret('k3s-server', 'K3S_TOKEN')}\n", 0o600),
    )
    unit = Unit(f"{name}.service", _unit(name, "server" if server else "agent"), (CONFIG, JOIN_FILE))
    return Desired((Directory("/etc/rancher/k3s", 0o700),), files, units=(unit,))


def server_config(service: Kubernetes, host: Host) -> dict[str, object]:
    """A server's configuration. The first server begins the cluster, the others join it."""
    settings, first = service.settings, service.servers[0]
    names = [first.address, *(server.address for server in service.servers), *service.front_addresses]
    config: dict[str, object] = {
        **_common(service, host),
        "advertise-address": host.address,
        "tls-san": list(dict.fromkeys([*names, host.fqdn])),
        "cluster-cidr": str(settings.pod_network),
        "service-cidr": str(settings.service_network),
        "cluster-dns": str(settings.dns_service),
        "disable": ["traefik", "servicelb"],
        "etcd-expose-metrics": False,
        "write-kubeconfig-mode": "0600",
        "kube-apiserver-arg": [
            f"default-not-ready-toleration-seconds={settings.toleration_seconds}",
            f"default-unreachable-toleration-seconds={settings.toleration_seconds}",
        ],
    }
    if settings.node_grace_seconds is not None:
        config["kube-controller-manager-arg"] = [f"node-monitor-grace-period={settings.node_grace_seconds}s"]
    if host == first:
        config["cluster-init"] = True
    else:
        config["server"] = f"https://{first.address}:6443"
    return config


def agent_config(service: Kubernetes, host: Host) -> dict[str, object]:
    """An agent's configuration: it learns of the other servers from the one through which it joins."""
    return {**_common(service, host), "server": f"https://{service.entry_point}:6443"}


def _common(service: Kubernetes, host: Host) -> dict[str, object]:
    role = "server" if host in service.servers else "agent"
    return {
        "token-file": JOIN_FILE,
        "node-name": host.name,
        "node-ip": host.address,
        "node-label": [f"hadrill/role={role}"],
    }


def _unit(name: str, kind: str) -> str:
    lines: Mapping[str, str] = {
        "Type": "notify" if kind == "server" else "exec",
        "ExecStartPre": "-/sbin/modprobe -a br_netfilter overlay",
        "ExecStart": f"{PROGRAM} {kind}",
        # Containers go on while it is away; their shims are in its cgroup.
        "KillMode": "process",
        "Delegate": "yes",
        "LimitNOFILE": "1048576",
        "LimitNPROC": "infinity",
        "TasksMax": "infinity",
        "TimeoutStartSec": "0",
        "Restart": "always",
        "RestartSec": "5s",
    }
    return "\n".join(
        (
            "[Unit]",
            f"Description={name}, installed by hadrill",
            "Wants=network-online.target",
            AFTER_NETWORK,
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            *(f"{key}={value}" for key, value in lines.items()),
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        )
    )


def _fetch(site: Site, host: Host, source: str, sha256: str) -> None:
    if site.remote.attempt(host, f"sha256sum {PROGRAM} | cut -d' ' -f1").stdout.strip() == sha256:
        return
    site.record(host, f"program {PROGRAM}")
    if site.check:
        return
    command = shell.script(FETCH, source, sha256, PROGRAM)
    site.remote.run(host, command, seconds=DOWNLOAD_SECONDS)
