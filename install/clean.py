"""Back to bare: everything that hadrill put on a host goes, data included."""

from hadrill.install.base import HOSTS, RULES
from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host

PROGRAM = """
import pathlib, re, shutil, subprocess
def run(command): subprocess.run(["sh", "-c", command], check=False, stderr=subprocess.DEVNULL)
units = sorted(p.name for d in ["/etc/systemd/system"] for p in pathlib.Path(d).glob("*")
               if p.name.startswith(("hadrill-", "redis-update-master", "k3s")) and p.is_file())
nodes = [unit for unit in units if unit in ("hadrill-kubelet.service", "k3s.service", "k3s-agent.service")]
for unit in nodes:
    # Pods outlive their kubelet: they go while their runtime can still be told.
    run("systemctl stop " + unit)
    ask = "k3s ctr -n k8s.io" if unit.startswith("k3s") else "ctr -n k8s.io"
    run("for t in $(" + ask + " tasks ls -q); do " + ask + " tasks rm --force $t; done >/dev/null")
    run("for c in $(" + ask + " containers ls -q); do " + ask + " containers rm $c; done")
    run("grep -o ' /var/lib/kubelet/[^ ]*' /proc/mounts | sort -r | xargs -r umount -l; rm -rf /var/lib/kubelet/*")
    run("for link in cni0 flannel.1; do ip link delete $link; done; rm -rf /var/lib/cni /run/flannel")
    run("for table in filter nat mangle; do iptables-save -t $table | grep -v KUBE- | iptables-restore -T $table; done")
for unit in units:
    if "@" not in unit:
        subprocess.run(["systemctl", "disable", "--now", "--quiet", unit], check=False)
    pathlib.Path("/etc/systemd/system", unit).unlink()
subprocess.run(["systemctl", "daemon-reload"], check=True)
subprocess.run(["ufw", "--force", "disable"], check=True, stdout=subprocess.DEVNULL)
shutil.copyfile("/usr/share/ufw/iptables/user.rules", "%(rules)s")
for path in ["/etc/rancher", "/var/lib/rancher"]:
    shutil.rmtree(path, ignore_errors=True)
for path in ["/etc/hadrill", "/var/lib/hadrill", "/var/lib/hadrill-drills", "/run/hadrill", "/usr/local/lib/hadrill"]:
    shutil.rmtree(path, ignore_errors=True)
pathlib.Path("/etc/ssh/sshd_config.d/10-hadrill.conf").unlink(missing_ok=True)
pathlib.Path("/etc/systemd/resolved.conf.d/hadrill.conf").unlink(missing_ok=True)
shutil.rmtree("/etc/systemd/system/ufw.service.d", ignore_errors=True)
subprocess.run(["systemctl", "restart", "ssh"], check=True)
hosts = pathlib.Path("/etc/hosts")
hosts.write_text(re.sub("%(begin)s\\n.*?%(end)s\\n", "", hosts.read_text(), flags=re.S))
print(len(units))
"""
CLEAN_SECONDS = 180.0


def clean(site: Site, hosts: tuple[Host, ...], consent: str) -> None:
    """Take hosts back to bare. `consent` must be the inventory's name: data is lost."""
    name = site.inventory.settings.name
    if consent != name:
        raise InstallError(
            f"this removes all data of {len(hosts)} hosts: say --consent {name} to go on; nothing was touched"
        )
    program = PROGRAM % {"rules": RULES, "begin": HOSTS[0], "end": HOSTS[1]}
    if site.check:
        for host in hosts:
            site.record(host, "back to bare, with its data")
        return
    counts = site.everywhere(
        hosts, lambda host: site.remote.run(host, "python3 -", stdin=program, seconds=CLEAN_SECONDS).stdout.strip()
    )
    for host, count in counts.items():
        site.record(host, f"back to bare ({count} units removed)")
