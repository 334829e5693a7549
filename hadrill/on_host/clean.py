"""Makes a host bare again: removes everything that hadrill put there, data included.

Input: {"rules": the firewall's file, "begin", "end": the marks around hadrill's lines in /etc/hosts, "units": names of
components' units without their kind, "folders": those of components beside hadrill's own}.
Output: {"units": how many were removed}.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

UNITS = Path("/etc/systemd/system")
OWN = "hadrill-"
NODES = ("hadrill-kubelet.service", "k3s.service", "k3s-agent.service")
FOLDERS = (
    "/etc/rancher",
    "/var/lib/rancher",
    "/etc/hadrill",
    "/var/lib/hadrill",
    "/var/lib/hadrill-drills",
    "/run/hadrill",
    "/usr/local/lib/hadrill",
    "/etc/systemd/system/ufw.service.d",
)
FILES = ("/etc/ssh/sshd_config.d/10-hadrill.conf", "/etc/systemd/resolved.conf.d/hadrill.conf")
# Pods outlive their kubelet, and their mounts, links and rules outlive them. $@ is the runtime's own client.
PODS = """
for t in $("$@" tasks ls -q); do "$@" tasks rm --force "$t"; done >/dev/null
for c in $("$@" containers ls -q); do "$@" containers rm "$c"; done
grep -o ' /var/lib/kubelet/[^ ]*' /proc/mounts | sort -r | xargs -r umount -l; rm -rf /var/lib/kubelet/*
for link in cni0 flannel.1; do ip link delete $link; done; rm -rf /var/lib/cni /run/flannel
for table in filter nat mangle; do iptables-save -t $table | grep -v KUBE- | iptables-restore -T $table; done
"""


def run(*command: str, may_fail: bool = False) -> None:
    """Run a command and throw away its output."""
    quiet = subprocess.DEVNULL if may_fail else None
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=quiet, check=not may_fail)


def remove_units(names: tuple[str, ...]) -> int:
    """Stop and remove hadrill's units, and those of these names of any kind. Returns how many there were."""
    here = sorted(file.name for file in UNITS.glob("*") if file.is_file())
    units = [unit for unit in here if unit.startswith(OWN) or re.split("[.@]", unit, maxsplit=1)[0] in names]
    for unit in units:
        if unit in NODES:
            # Its pods go while their runtime can still be told.
            run("systemctl", "stop", unit, may_fail=True)
            client = ("k3s", "ctr") if unit.startswith("k3s") else ("ctr",)
            run("sh", "-c", PODS, "sh", *client, "-n", "k8s.io", may_fail=True)
    for unit in units:
        if "@" not in unit:
            run("systemctl", "disable", "--now", "--quiet", unit, may_fail=True)
        (UNITS / unit).unlink()
    run("systemctl", "daemon-reload")
    return len(units)


def main() -> None:
    """Do what standard input asks for."""
    order = json.load(sys.stdin)
    removed = remove_units(tuple(order["units"]))
    run("ufw", "--force", "disable")
    shutil.copyfile("/usr/share/ufw/iptables/user.rules", order["rules"])
    for folder in (*FOLDERS, *order["folders"]):
        shutil.rmtree(folder, ignore_errors=True)
    for file in FILES:
        Path(file).unlink(missing_ok=True)
    run("systemctl", "restart", "ssh")
    hosts = Path("/etc/hosts")
    between = f"{re.escape(order['begin'])}\\n.*?{re.escape(order['end'])}\\n"
    hosts.write_text(re.sub(between, "", hosts.read_text("utf-8"), flags=re.S), "utf-8")
    json.dump({"units": removed}, sys.stdout)


if __name__ == "__main__":
    main()
