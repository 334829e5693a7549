"""The files of an inventory, from what was found. Where something is a guess, its line says so."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_address
from pathlib import Path

import yaml

from hadrill.adopt.grouping import Group
from hadrill.adopt.recognise import Part, adoptions
from hadrill.adopt.survey import Survey
from hadrill.inventory import Host
from hadrill.inventory.settings import Ssh
from hadrill.placement import ContainerUnit, placed
from hadrill.services import registry
from hadrill.services.service import CONTAINER, CONTAINER_UNIT, INSIDE, RUNNER, UNIT

TOPOLOGY_HEAD = "# Written by `hadrill adopt` from what runs on the hosts. Lines with `guessed` are yours to check.\n"
FOLDER_MODE, FILE_MODE = 0o700, 0o600


@dataclass(frozen=True)
class Adopted:
    """Everything that the files are made of. `balancers` are addresses that clients use, which are no hosts."""

    folder: Path
    ssh: Ssh
    surveys: Sequence[Survey]
    groups: Sequence[Group]
    runner: tuple[str, str] | None = None
    balancers: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def write(self) -> list[str]:
        """Write every file. Returns credentials that could not be read, each with how it is made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "servers.tsv").write_text(self.servers(), "ascii")
        (self.folder / "topology.yaml").write_text(self.topology(), "ascii")
        (self.folder / "settings.yaml").write_text(self.settings(), "ascii")
        (self.folder / "versions.yaml").write_text(self.versions(), "ascii")
        return self.credentials()

    def servers(self) -> str:
        """One row a host, its roles and clusters beside each other."""
        rows = ["\t".join(("host", "private", "public", "fqdn", "role", "cluster", "notes"))]
        if self.runner is not None:
            name, address = self.runner
            rows.append("\t".join((name, address, "", name, RUNNER, RUNNER, "this computer; never changed")))
        for one in self.surveys:
            duties = [(group.role, group.name) for group in self.groups if one.host in group.members]
            roles, clusters = zip(*duties, strict=True) if duties else (("base",), ("",))
            notes = "" if duties else "adopted: nothing that hadrill knows runs there"
            row = (name_of(one), address_of(one), "", fqdn_of(one), ",".join(roles), ",".join(clusters), notes)
            rows.append("\t".join(row))
        return "\n".join(rows) + "\n"

    def topology(self) -> str:
        """What the rows do not say."""
        clusters = [entry for group in self.groups if (entry := self._entry(group)) is not None]
        if not clusters:
            return TOPOLOGY_HEAD + "clusters: []\n"
        text = yaml.safe_dump({"clusters": clusters}, sort_keys=False, width=10_000)
        comments = [f"# {line}" for group in self.groups for line in remarks(group, self.balancers)]
        return TOPOLOGY_HEAD + "".join(f"{line}\n" for line in comments) + text

    def _entry(self, group: Group) -> dict[str, object] | None:
        entry: dict[str, object] = {"name": group.name, "service": group.service}
        if group.proxies:
            entry["proxies"] = list(group.proxies)
        if ways := list(self._ways(group)):
            entry["ways_in"] = ways
        if components := {name: keys for name, keys in _components(group) if keys}:
            entry["components"] = components
        if own := self._own_settings(group):
            entry["settings"] = own
        return entry if len(entry) > 2 else None

    def _own_settings(self, group: Group) -> dict[str, object]:
        """What a cluster says otherwise than settings.yaml, which has what the first of its service says."""
        common = _settings(self.groups)
        mine = {path.partition("."): value for path, value in _settings([group]).items() if common[path] != value}
        return {key: value for (section, _, key), value in mine.items() if section == group.service}

    def _ways(self, group: Group) -> Iterator[dict[str, object]]:
        for usual in sorted({way.usual for way in group.ways}):
            ways = [way for way in group.ways if way.usual == usual]
            one = ways[0]
            balancer = next((address for address, ports in self.balancers.items() if one.at in ports), "")
            between = [*(("balancer",) if balancer else ()), *one.between]
            made: dict[str, object] = {"port": usual, "address": balancer or address_of(self._survey(one.host))}
            if one.at != usual:
                made["at"] = one.at
            made["between"] = between
            if one.backend:
                made["backend"] = one.backend
            yield made

    def _survey(self, host: Host) -> Survey:
        return next(one for one in self.surveys if one.host == host)

    def settings(self) -> str:
        """What the products' own settings say, and how hosts are logged in to."""
        values: dict[str, object] = {
            "name": _plain(self.folder.name),
            "domain": domain_of(self.surveys),
            "private_network": str(network_of(self.surveys)),
            "adopted": True,
        }
        ssh = {
            name: str(getattr(self.ssh, name)) if isinstance(getattr(self.ssh, name), Path) else getattr(self.ssh, name)
            for name in sorted(self.ssh.model_fields_set)
        }
        if ssh:
            values["ssh"] = ssh
        for path, value in sorted(_settings(self.groups).items()):
            section, _, key = path.partition(".")
            if key:
                values.setdefault(section, {})[key] = value  # type: ignore[index]  # made here
            else:
                values[section] = value
        values["faults"] = {"consent": []}
        return yaml.safe_dump(values, sort_keys=False)

    def versions(self) -> str:
        """The images that run."""
        images = {
            part.record.image: part.program.image
            for group in self.groups
            for part in group.parts
            if part.record.image and part.program.image
        }
        return yaml.safe_dump({"images": images})

    def credentials(self) -> list[str]:
        """Write what could be read, for the owner alone. Values that are there already stay."""
        folder = self.folder / "credentials"
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        first: dict[str, Group] = {}
        for group in self.groups:
            first.setdefault(group.role, group)
        usual: dict[str, dict[str, str]] = {role: {} for role in first}
        for group in self.groups:
            for (role, name), value in _secrets(group):
                # What proxies know of those behind them counts too.
                if role in usual and (role != group.role or group is first[role]):
                    usual[role].setdefault(name, value)
        needed = [line for role, values in usual.items() for line in _write(folder / f"{role}.env", role, values)]
        for group in self.groups:
            own = {name: value for (role, name), value in reversed(list(_secrets(group))) if role == group.role}
            if {**usual[group.role], **own} != usual[group.role]:
                # Another cluster of the service with other logins has a folder of its name.
                place = folder / group.name
                place.mkdir(mode=FOLDER_MODE, exist_ok=True)
                needed += _write(place / f"{group.role}.env", group.role, {**usual[group.role], **own})
        return needed


def _secrets(group: Group) -> Iterator[tuple[tuple[str, str], str]]:
    """Credentials that the programs of a cluster say, by role and name; the first one counts."""
    return (item for part in group.parts for item in part.told.secrets.items())


def _write(file: Path, role: str, values: Mapping[str, str]) -> list[str]:
    """Add a role's credentials to a file. Returns those that nobody knows, each with how it is made."""
    there = file.read_text("ascii") if file.exists() else ""
    have = {line.partition("=")[0] for line in there.splitlines()}
    new = [name for name in registry.roles()[role].credentials if name not in have]
    lines = [f"{name}={values[name]}\n" for name in new if name in values]
    if lines:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        with os.fdopen(descriptor, "a", encoding="ascii") as stream:
            stream.write("\n" * (there[-1:] not in ("", "\n")))
            stream.writelines(lines)
    needs = {key: text for adoption in adoptions().values() for key, text in adoption.needs.items()}
    return [f"{name} in {file}: {needs.get((role, name), 'a password')}" for name in new if name not in values]


def _components(group: Group) -> Iterator[tuple[str, dict[str, object]]]:
    """Components that run otherwise than hadrill places them, as on the first host of each."""
    for name in dict.fromkeys(part.component for part in group.parts):
        part = next(part for part in group.parts if part.component == name)
        yield name, _placement(part)
        for other, data in part.told.inside.items():
            if _placement(part) and data:
                yield other, {"placement": INSIDE, "inside": name, "data": data}


def _placement(part: Part) -> dict[str, object]:
    program, usual = part.program, placed(registry.service(part.service), part.component)
    if isinstance(usual, ContainerUnit) and (program.unit, program.container) == (usual.unit, usual.container):
        return {}
    keys: dict[str, object] = {}
    if program.container:
        keys = {"placement": CONTAINER_UNIT if program.unit else CONTAINER, "container": program.container}
    elif program.unit:
        keys = {"placement": UNIT}
    if program.unit:
        keys["unit"] = program.unit
    if keys:
        keys |= {key: value for key in ("configuration", "data", "statistics") if (value := getattr(part.told, key))}
        if moved := {usual_port: own for usual_port, own in part.told.ports.items() if usual_port != own}:
            keys["ports"] = moved
    return keys


def remarks(group: Group, balancers: Mapping[str, frozenset[int]]) -> Iterator[str]:
    """What a user should know of a cluster: what was guessed, and what its programs said."""
    for part in group.parts:
        for note in part.told.notes:
            yield f"{group.name}: {part.component} on {part.host}: {note}"
        if not part.program.unit and not part.program.container:
            yield f"{group.name}: {part.component} on {part.host} runs in no unit and no container: it is not broken"
    proxies = list(dict.fromkeys(way.host for way in group.ways))
    if proxies and not any(way.at in ports for way in group.ways for ports in balancers.values()):
        others = f", as could {', '.join(map(str, proxies[1:]))}" if proxies[1:] else ""
        before = "--balancer ADDRESS names what stands before"
        yield f"{group.name}: guessed: clients come through {proxies[0]}{others}; {before}"
    for peer in group.missing:
        yield f"{group.name}: its member {peer} was not looked at"


def name_of(survey: Survey) -> str:
    """A host's short name."""
    return survey.hostname.partition(".")[0]


def fqdn_of(survey: Survey) -> str:
    """Its full name, as far as it knows it."""
    return survey.fqdn if survey.fqdn.partition(".")[0] == name_of(survey) else survey.hostname


def address_of(survey: Survey) -> str:
    """The address that peers use: the one at which it was reached, where that is its own."""
    own = [str(network.ip) for network in survey.networks]
    return survey.host.address if survey.host.address in own or not own else own[0]


def network_of(surveys: Sequence[Survey]) -> IPv4Network:
    """The smallest network with every host in it."""
    networks = [one.network for survey in surveys for one in survey.networks if str(one.ip) == address_of(survey)]
    common = networks[0] if networks else IPv4Network(f"{address_of(surveys[0])}/32")
    while not all(ip_address(address_of(survey)) in common for survey in surveys):
        common = common.supernet()
    return common


def domain_of(surveys: Sequence[Survey]) -> str:
    """The domain of most hosts' full names."""
    domains = Counter(fqdn_of(one).partition(".")[2] for one in surveys if "." in fqdn_of(one).partition(".")[2])
    return domains.most_common(1)[0][0] if domains else "adopted.internal"


def _plain(name: str) -> str:
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower()).strip("-")
    return kept or "adopted"


def _settings(groups: Sequence[Group]) -> dict[str, object]:
    values: dict[str, object] = {}
    for group in groups:
        for part in group.parts:
            for path, value in part.told.settings.items():
                values.setdefault(path, value)
        if not group.ways:
            values = {**adoptions()[group.service].unproxied, **values}
    return values
