"""The lab as a whole: up, status, down, destroy, and the power of one machine."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from hadrill.inventory import RUNNER, Host, Inventory, LoadBalancer
from hadrill.inventory.versions import needed_images
from hadrill.lab.balancer import balancer_spec, create_balancer
from hadrill.lab.computer import raise_limits
from hadrill.lab.docker import LabError, docker, ensure_daemon
from hadrill.lab.images import (
    ensure_images,
    ensure_packages_image,
    machine_image,
    packages_image,
    services_digest,
)
from hadrill.lab.keys import ensure_keys
from hadrill.lab.machine import Machine, power_off, power_on
from hadrill.lab.network import ensure_network, network_name, seal
from hadrill.lab.node import (
    NODES,
    PODS,
    ensure_node_images,
    ensure_stores,
    forget_stores,
    node_image,
    pods_image,
    store_of,
)
from hadrill.lab.progress import say, step
from hadrill.lab.ready import ssh_answers
from hadrill.lab.removal import destroy, remove_network
from hadrill.lab.state import state_of
from hadrill.lab.store import ensure_store
from hadrill.timing import Deadline, eventually

BOOT_SECONDS = 60.0


class Lab:
    """The machines and load balancers of one lab inventory.

    `packaged` are hosts whose machines have a distribution's servers, for a stack that hadrill does not install.
    """

    def __init__(self, inventory: Inventory, packaged: Iterable[str] = ()) -> None:
        if not inventory.settings.lab:
            raise LabError(f"{inventory.folder} is not a lab's inventory (`lab: true` in its settings.yaml)")
        self.inventory = inventory
        self.name = inventory.settings.name
        self.state = state_of(self.name)
        self.packaged = frozenset(packaged)
        self.machines = [
            Machine(
                self.name,
                host,
                self._image_of(host),
                network_name(inventory),
                pods_image() if set(NODES) & set(host.roles) else services_digest(self._components),
                self.state / "machines" / host.name,
                store_of(self.state, host.name) if set(NODES) & set(host.roles) else None,
            )
            for host in inventory.hosts
            if RUNNER not in host.roles
        ]

    def _image_of(self, host: Host) -> str:
        if host.name in self.packaged:
            return packages_image()
        return node_image() if set(NODES) & set(host.roles) else machine_image()

    def up(self, *hosts: str) -> None:
        """Build what is missing, create what is missing, switch everything on, and wait until SSH answers.

        Machines outside the profile lose their power and keep their disks. With names of hosts only these are created
        and switched on, and no other machine is touched.
        """
        ensure_daemon()
        ensure_images(self._components)
        image = machine_image()
        raise_limits(image)
        if self.packaged:
            ensure_packages_image()
        ensure_store(self.name, image, sorted(self._components.values()))
        if nodes := [machine.host.name for machine in self.machines if machine.store is not None]:
            ensure_node_images(self.inventory.image(PODS))
            ensure_stores(self.state, self.inventory.image(PODS), nodes)
        network = ensure_network(self.inventory)
        ensure_keys(
            self.state / "credentials" / "ssh",
            self.state / "machines",
            tuple(machine.host for machine in self.machines),
            self.inventory.settings.ssh.port,
        )
        wanted = [self._named(host) for host in hosts] or list(self.specs())
        if not hosts:
            self._replace_outdated()
        existing = self.power()
        missing = [name for name in wanted if name not in existing]
        off = [name for name in wanted if existing.get(name) != "running"]
        if not hosts:
            power_off([name for name in existing if name not in wanted and existing[name] == "running"])
        with step(f"{len(off)} of {len(wanted)} machines and load balancers to start"):
            makers: list[Callable[[], None]] = [m.create for m in self.machines if m.name in missing]
            makers += [self._creator(name, network) for name in self._balancers() if name in missing]
            with ThreadPoolExecutor(max_workers=8) as pool:
                list(pool.map(lambda make: make(), makers))
                list(pool.map(self._start, off))
        with step("waiting until every machine answers SSH"):
            self._wait_for_ssh([machine for machine in self.machines if machine.name in wanted])

    @property
    def _components(self) -> dict[str, str]:
        """Images of the services' containers that the profile's roles need, and of the load balancers' HAProxy."""
        needed = {"haproxy", *needed_images(self.inventory.roles, self.inventory.settings)} - {PODS}
        return {name: image for name, image in self.inventory.versions.images.items() if name in needed}

    def down(self) -> None:
        """Cut the power of everything. Disks stay; the subnet is a blackhole until `up`."""
        seal(self.inventory.settings)
        power_off([name for name, power in self.power().items() if power == "running"])

    def destroy(self) -> None:
        """Remove machines, disks and network. Images and their store, secrets and keys stay for the next lab."""
        destroy(list(self.power()))
        forget_stores(self.state)
        remove_network(network_name(self.inventory))
        seal(self.inventory.settings)

    def power(self) -> dict[str, str]:
        """Docker's state of each machine and load balancer that exists: running, exited, created, ..."""
        listed = docker(
            "ps", "--all", "--filter", f"label=hadrill.lab={self.name}", "--format", "{{.Names}} {{.State}}"
        )
        return dict(sorted(line.split(" ", 1) for line in listed.splitlines() if line))

    def cut_power(self, host: str) -> None:
        """Power off one machine or load balancer, as by pulling the plug."""
        power_off([self._named(host)])

    def restore_power(self, host: str) -> None:
        """Power on one machine or load balancer."""
        power_on([self._named(host)])

    def _named(self, host: str) -> str:
        name = f"{self.name}-{host}"
        if name not in self.specs():
            known = ", ".join(machine.removeprefix(f"{self.name}-") for machine in self.specs())
            raise LabError(f"no machine {host!r} in this lab: there are {known}")
        return name

    def specs(self) -> dict[str, str]:
        """Name and spec of everything that the inventory asks for."""
        balancers = {
            name: balancer_spec(self.inventory, balancer, self.inventory.image("haproxy"))
            for name, balancer in self._balancers().items()
        }
        return {machine.name: machine.spec for machine in self.machines} | balancers

    def _balancers(self) -> dict[str, LoadBalancer]:
        return {f"{self.name}-{b.name}": b for b in self.inventory.settings.load_balancers}

    def _creator(self, name: str, network: str) -> Callable[[], None]:
        balancer = self._balancers()[name]
        files = self.state / "balancers"
        return lambda: create_balancer(self.inventory, balancer, network, self.inventory.image("haproxy"), files)

    def _start(self, name: str) -> None:
        try:
            power_on([name])
        except LabError as error:
            raise LabError(
                f"{name} does not start: {error}\nIts disk is kept. `hadrill lab destroy` begins anew."
            ) from error

    def _replace_outdated(self) -> None:
        """Machines made from other images or settings go, all of them: a half-new lab is of no use to a quorum.

        A load balancer made from others goes alone.
        """
        listed = docker(
            "ps",
            "--all",
            "--filter",
            f"label=hadrill.lab={self.name}",
            "--format",
            '{{.Names}} {{.Label "hadrill.spec"}}',
        )
        specs = self.specs()
        existing = dict(line.split(" ") for line in listed.splitlines())
        # What is not in the profile is only switched off: another time it may be wanted as it is.
        outdated = [name for name, spec in existing.items() if specs.get(name, spec) != spec]
        balancers = [name for name in outdated if name in self._balancers()]
        if outdated == balancers:
            # They keep nothing, and nobody votes with them.
            destroy(balancers)
        else:
            say(f"{len(outdated)} machines were made from other images or settings ({outdated[0]}, ...): starting anew")
            destroy(list(self.power()))
            forget_stores(self.state)

    def _wait_for_ssh(self, machines: Iterable[Machine]) -> None:
        hosts = [machine.host.address for machine in machines]
        port = self.inventory.settings.ssh.port

        def silent() -> str | None:
            missing = [address for address in hosts if not ssh_answers(address, port)]
            hosts[:] = missing
            return f"no SSH from {', '.join(missing)}" if missing else None

        eventually("SSH on every machine", silent, Deadline(BOOT_SECONDS))
