"""Kubernetes without a cluster: profiles, certificates, what a distribution is given, and how a loss is judged."""

import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from invoke.context import Context
from invoke.exceptions import Exit

from hadrill.diagnosis import Cause, Facts, HostFacts, Reply
from hadrill.drill import Case
from hadrill.drill.collecting import Selection
from hadrill.drill.errors import DrillFailedError, InconclusiveError
from hadrill.drill.result import Problem
from hadrill.drill.scenarios.loss import CORDON, POWER_OFF, Loss, Milestone
from hadrill.install.kubernetes.access import Pki
from hadrill.install.kubernetes.addons import BUNDLED, FILES, manifests
from hadrill.install.kubernetes.k3s import agent_config, server_config
from hadrill.install.kubernetes.pki import Authority, signing_key
from hadrill.install.kubernetes.upstream import desired
from hadrill.install.site import Site
from hadrill.install.tasks import everything
from hadrill.inventory import InvalidInventoryError, Inventory, read
from hadrill.inventory.credentials import write_missing
from hadrill.pytest_plugin.failure import explain
from hadrill.report.secrets import Scrubber
from hadrill.services import registry
from hadrill.services.clusters import present
from hadrill.services.finding import CheckFailedError
from hadrill.services.kubernetes import checks
from hadrill.services.kubernetes.backends import PodReport
from hadrill.services.kubernetes.budget import Timers, not_ready_between, rescheduled_budget
from hadrill.services.kubernetes.diagnosis import EXAMINATION
from hadrill.services.kubernetes.facts import API
from hadrill.services.kubernetes.place import deployment, left_over
from hadrill.services.kubernetes.questions import scratch, why_not_drainable, why_not_empty
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.kubernetes.signs import INGRESS
from hadrill.timing import Budget, Part
from hadrill.workload import Invariant

SHORT = Budget((Part("balancer", 4.0, "lb"),))
LAB = Path(__file__).parents[3] / "inventories" / "lab"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the lab's inventory, with secrets of its own."""
    folder = tmp_path / "lab"
    folder.mkdir()
    for name in ("servers.tsv", "settings.yaml", "versions.yaml"):
        shutil.copy(LAB / name, folder)
    write_missing(folder / "credentials", registry.roles())
    return folder


@pytest.fixture
def nodes(folder: Path) -> Kubernetes:
    return Kubernetes(read(folder, "kubernetes"))


def test_a_profile_has_its_hosts_and_their_load_balancers_only(folder: Path) -> None:
    inventories = {name: read(folder, name) for name in ("data", "kubernetes", "all")}
    assert [len(inventory.managed) for inventory in inventories.values()] == [19, 8, 27]
    balancers = {name: {b.name for b in inventory.settings.load_balancers} for name, inventory in inventories.items()}
    assert balancers["data"] == {"lb-01", "lb-02"}
    assert balancers["data"] | balancers["kubernetes"] == balancers["all"]
    assert not balancers["data"] & balancers["kubernetes"]
    assert present(inventories["kubernetes"], "kubernetes")
    assert not present(inventories["data"], "kubernetes")


def test_the_file_beside_the_servers_says_which_profile(folder: Path) -> None:
    assert len(read(folder).managed) == 19
    (folder / "profile").write_text("kubernetes\n")
    assert len(read(folder).managed) == 8
    (folder / "profile").write_text("everything\n")
    with pytest.raises(InvalidInventoryError, match=r"unknown profile 'everything'.*data, kubernetes, all"):
        read(folder)


def test_certificates_are_kept_and_made_anew_for_other_names(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    first = authority.issue("apiserver", (), ("a",), ("198.18.0.1",))
    assert Authority(tmp_path, "ca").issue("apiserver", (), ("a",), ("198.18.0.1",)) == first
    other = authority.issue("apiserver", (), ("a", "b"), ("198.18.0.1",))
    assert other != first
    certificate = x509.load_pem_x509_certificate(other.certificate.encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pair.certificate.encode()))
    assert {file.stat().st_mode & 0o777 for file in tmp_path.rglob("*.*")} == {0o600}
    assert signing_key(tmp_path) == signing_key(tmp_path)


def test_only_servers_get_the_authorities_keys(nodes: Kubernetes) -> None:
    site, pki = Site(nodes.inventory, check=True), Pki.of(nodes.inventory)
    texts = {host: {f.path: f for f in desired(site, nodes, pki, host).files} for host in nodes.members}
    secret = pki.cluster.pair.key
    assert [host.name for host in nodes.members if any(secret in f.content for f in texts[host].values())] == [
        host.name for host in nodes.servers
    ]
    assert all(file.mode == 0o600 for files in texts.values() for file in files.values())
    units = [unit for host in nodes.members for unit in desired(site, nodes, pki, host).units]
    assert all("After=network-online.target ufw.service" in unit.content for unit in units)
    again = {host: desired(site, nodes, pki, host) for host in nodes.members}
    assert again == {host: desired(site, nodes, Pki.of(nodes.inventory), host) for host in nodes.members}


def test_the_first_k3s_server_begins_and_the_others_join(nodes: Kubernetes) -> None:
    first, *others = [server_config(nodes, host) for host in nodes.servers]
    assert first["cluster-init"] is True
    assert "server" not in first
    assert [config["server"] for config in others] == ["https://198.18.0.100:6443"] * 2
    assert all("cluster-init" not in config for config in others)
    assert first["disable"] == ["traefik", "servicelb"]
    names = first["tls-san"]
    assert isinstance(names, list)
    assert {"198.18.0.100", "198.18.0.101", "198.18.0.102", "198.18.0.30"} <= set(names)
    assert agent_config(nodes, nodes.agents[0])["server"] == "https://198.18.0.30:6443"
    secret = nodes.inventory.credentials.secret("k3s-server", "K3S_TOKEN")
    assert secret not in str(first)


def test_a_missing_k3s_program_is_told_before_any_host_is_touched(folder: Path) -> None:
    file = folder / "settings.yaml"
    file.write_text(file.read_text("utf-8").replace("distribution: upstream", "distribution: k3s"), "utf-8")
    (folder / "profile").write_text("all\n")
    with pytest.raises(Exit, match=r"settings.yaml: kubernetes.k3s_source and kubernetes.k3s_sha256 missing") as error:
        everything(Context(), str(folder))
    assert "0 changed before that" in str(error.value)


def test_k3s_brings_what_it_bundles_itself(nodes: Kubernetes) -> None:
    site = Site(nodes.inventory, check=True)
    ours = manifests(site, nodes)
    assert list(ours) == list(FILES)
    kinds = [manifest["kind"] for text in ours.values() for manifest in yaml.safe_load_all(text)]
    assert {"Secret", "Deployment", "DaemonSet", "StorageClass", "IngressClass", "APIService"} <= set(kinds)
    nodes.settings = nodes.settings.model_copy(update={"distribution": "k3s"})
    assert list(manifests(site, nodes)) == [name for name in FILES if name not in BUNDLED]


def test_not_ready_has_a_soonest_and_a_latest() -> None:
    timers = Timers(Part("grace", 20.0, "live"), Part("toleration", 30.0, "live"))
    soonest, allowed = not_ready_between(timers, 1.0)
    assert soonest == 14.0
    assert allowed.seconds == 26.0
    assert rescheduled_budget(timers, 1.0).seconds == 66.0


def test_a_loss_is_judged_by_what_was_seen(nodes: Kubernetes) -> None:
    loss = _loss(nodes)
    loss.seen = {
        "comes back": Milestone(4.0),
        "NotReady": Milestone(problem="waited 60.0 s for NotReady; last seen: still Ready"),
    }
    assert loss.require("comes back").seconds == 4.0
    with pytest.raises(DrillFailedError, match=r"k3s-worker-01 \(agent\), power-off: NotReady: waited 60.0 s"):
        loss.require("NotReady")


def test_an_outage_over_its_budget_fails_and_a_lane_that_is_not_there_too(nodes: Kubernetes) -> None:
    loss, allowed = _loss(nodes), Budget((Part("balancer", 2.0, "lb"),))
    loss.outages = {"write new 6443": 2.9, "read new 80": 3.4}
    loss.require_outage("write", allowed)
    with pytest.raises(DrillFailedError, match=r"read new 80: 3.4 s; allowed balancer 2.0"):
        loss.require_outage("read", allowed)
    with pytest.raises(DrillFailedError, match="no lane 'delete'"):
        loss.require_outage("delete", allowed)


def test_a_node_is_not_ready_because_nobody_has_noticed_yet(nodes: Kubernetes, monkeypatch: pytest.MonkeyPatch) -> None:
    def lease(name: str, second: int) -> dict[str, object]:
        spec = {"renewTime": f"2026-11-22T07:00:{second:02}.000000Z", "leaseDurationSeconds": 20}
        return {"metadata": {"name": name}, "spec": spec}

    def listed(_: Kubernetes, path: str) -> list[dict[str, object]]:
        if path == checks.NODE_LEASES:
            return [lease(host.name, last.get(host.name, 50)) for host in nodes.members]
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        return [{"metadata": {"name": host.name}, "status": ready} for host in nodes.members]

    monkeypatch.setattr(checks, "_items", listed)
    last = {"k3s-worker-01": 31}
    checks.nodes(nodes)
    last = {"k3s-worker-01": 29}
    with pytest.raises(CheckFailedError, match="k3s-worker-01: expected its kubelet to speak every 20 s, found 21 s"):
        checks.nodes(nodes)


def test_a_refused_loss_is_one_sentence_and_a_failed_one_has_its_causes(nodes: Kubernetes) -> None:
    refused = explain(InconclusiveError("refused, it would break the quorum"), Scrubber([]))
    assert (refused.outcome, refused.text) == ("inconclusive", "inconclusive: refused, it would break the quorum")
    loss, cause = _loss(nodes), Cause("etcd-no-quorum", "", (), "").as_json()
    loss.seen = {"cluster works": Milestone(problem="waited 24.2 s", causes=(cause,))}
    loss.problems = [Problem("1 acknowledged writes lost", invariant=Invariant.NOTHING_LOST)]
    loss.outages = {"write new 6443": 67.3}
    for judge in (
        lambda: loss.require("cluster works"),
        lambda: loss.require_nothing_else("cluster works", lanes=("write",)),
        lambda: loss.require_outage("write", SHORT),
    ):
        with pytest.raises(DrillFailedError) as failed:
            judge()
        assert failed.value.causes == (cause,)


def test_only_what_is_older_than_any_drill_is_left_over() -> None:
    def space(name: str, made: str) -> dict[str, object]:
        return {"metadata": {"name": name, "creationTimestamp": f"2026-11-22T{made}Z"}}

    namespaces = [space("hadrill-drill-a", "07:59:59"), space("hadrill-drill-b", "08:30:00"), space("mine", "01:00:00")]
    assert left_over(namespaces, datetime(2026, 11, 22, 9, tzinfo=UTC)) == ["hadrill-drill-a"]


def test_the_page_is_kept_off_servers_where_there_are_agents(nodes: Kubernetes, folder: Path) -> None:
    affinity = deployment(nodes, "web", 3)["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0] == {
        "key": "kubernetes.io/hostname",
        "operator": "NotIn",
        "values": ["k3s-master-01", "k3s-master-02", "k3s-master-03"],
    }
    rows = (folder / "servers.tsv").read_text("ascii").splitlines(keepends=True)
    (folder / "servers.tsv").write_text("".join(row for row in rows if "k3s-worker" not in row), "ascii")
    settings = (folder / "settings.yaml").read_text("utf-8")
    (folder / "settings.yaml").write_text(settings.replace("k3s-agent", "k3s-server"), "utf-8")
    alone = deployment(Kubernetes(read(folder, "kubernetes")), "web", 3)
    assert "affinity" not in alone["spec"]["template"]["spec"]


def test_a_promise_is_judged_where_it_is_stricter(nodes: Kubernetes) -> None:
    loss, allowed = _loss(nodes), Budget((Part("balancer", 4.0, "lb"),))
    loss.seen, loss.outages = {"rescheduled": Milestone(31.0)}, {"read new 80": 3.4}
    loss.require_outage("read", allowed)
    assert loss.require_promised("rescheduled").seconds == 31.0
    loss.rto = 3.0
    with pytest.raises(DrillFailedError, match=r"read new 80: 3.4 s; allowed slo.kubernetes.rto 3 s, and balancer 4.0"):
        loss.require_outage("read", allowed)
    with pytest.raises(DrillFailedError, match=r"rescheduled after 31.0 s; slo.kubernetes.rto promises 3 s"):
        loss.require_promised("rescheduled")


@pytest.mark.parametrize(
    ("moments", "text", "expected"),
    [
        ((5.0, 15.0), "ok", ""),
        ((5.0, 15.0), "OSError: timed out", "k3s-worker-02: OSError: timed out"),
        ((15.0,), "ok", "0 round trips during the loss, 1 after it"),
        ((5.0,), "ok", "1 round trips during the loss, 0 after it"),
    ],
)
def test_a_backend_must_serve_during_the_loss_and_after_it(
    nodes: Kubernetes, moments: tuple[float, ...], text: str, expected: str
) -> None:
    loss, offset = _loss(nodes), time.time() - time.monotonic()
    loss.began, loss.healed = 1.0, 10.0
    loss.remaining = ("k3s-worker-02",)
    loss.backends = [PodReport("k3s-worker-02", offset + at, {"redis": text}) for at in moments]
    if not expected:
        loss.require_backend("redis")
        return
    with pytest.raises(DrillFailedError, match=expected):
        loss.require_backend("redis")


def test_a_loss_is_part_of_a_run_only_where_it_is_meant(nodes: Kubernetes) -> None:
    inventory = nodes.inventory
    server, agent = ("k3s-server", POWER_OFF), ("k3s-agent", POWER_OFF)
    assert Selection().includes(inventory, *server)
    assert Selection(node="k3s-worker-02").includes(inventory, *agent)
    assert not Selection(node="k3s-worker-02").includes(inventory, *server)
    assert not Selection(service="redis").includes(inventory, *agent)
    assert not Selection(fault="isolate").includes(inventory, *agent)
    assert Selection(role="server").includes(inventory, *server)
    assert not Selection(role="server").includes(inventory, *agent)
    assert Selection(fault=CORDON).includes(inventory, "k3s-agent", CORDON)
    assert not Selection(fault=CORDON).includes(inventory, *agent)
    assert str(Case("kubernetes", "power-off", "agent")) == "agent-power-off"


def test_causes_are_named_from_logs_and_conditions(nodes: Kubernetes) -> None:
    def cause(host: str, log: str, ready: str = "Unknown", message: str = "", address: str = "") -> list[str]:
        objects = _objects(nodes, host, ready, message, address)
        answers = {"kubelet": Reply(f"2026-11-22T04:00:00.1+00:00 {host} kubelet[1]: {log}")}
        facts = {h.name: HostFacts({"units": _active(nodes, h.name)}) for h in nodes.members}
        facts[host] = HostFacts({**facts[host].answers, **answers})
        diagnosis = EXAMINATION.judge(nodes, Facts({**facts, API: HostFacts(objects)}), before=False)
        return [named.name for named in diagnosis.causes]

    assert cause("k3s-worker-01", "all is well", "True") == []
    assert cause("k3s-worker-01", "cannot create certificate signing request: Unauthorized") == ["join-token-wrong"]
    assert cause("k3s-worker-01", "x509: certificate signed by unknown authority") == ["authority-differs"]
    assert cause("k3s-worker-01", "", "False", "cni plugin not initialized") == ["network-missing"]
    assert cause("k3s-worker-01", "", "False", "container runtime is down") == ["runtime-down"]
    assert cause("k3s-worker-01", "", "True", address="198.18.0.111") == ["node-name-twice"]


def test_another_program_on_the_port_of_the_ingress_is_named(nodes: Kubernetes) -> None:
    facts = {h.name: HostFacts({"units": _active(nodes, h.name)}) for h in nodes.members}
    taken = {
        **facts["k3s-worker-01"].answers,
        "ingress": Reply('LISTEN 0 5 0.0.0.0:80 users:(("apache2",pid=7,fd=3))'),
    }
    known = HostFacts(_objects(nodes, "k3s-worker-01", "True", "", ""))
    diagnosis = EXAMINATION.judge(nodes, Facts({**facts, "k3s-worker-01": HostFacts(taken), API: known}), before=True)
    assert [named.name for named in diagnosis.causes] == ["ingress-port-taken"]
    own = {**taken, "ingress": Reply(f'LISTEN 0 5 *:80 users:(("{INGRESS}",pid=7,fd=3))')}
    diagnosis = EXAMINATION.judge(nodes, Facts({**facts, "k3s-worker-01": HostFacts(own), API: known}), before=True)
    assert not diagnosis.causes


@pytest.mark.parametrize(("cut_off", "named"), [(1, False), (2, True), (3, True)])
def test_a_member_of_etcd_that_is_cut_off_is_no_lost_majority(nodes: Kubernetes, cut_off: int, named: bool) -> None:
    lost = Reply("2026-11-22T04:00:00.1+00:00 here etcd[1]: raft.node: 1e69 lost leader 1e69 at term 9")
    facts = {h.name: HostFacts({"units": _active(nodes, h.name)}) for h in nodes.members}
    objects = _objects(nodes, "k3s-worker-01", "True", "", "")
    for host in nodes.servers[-cut_off:]:
        facts[host.name] = HostFacts({**facts[host.name].answers, "etcd": lost})
        objects[f"ready@{host}"] = Reply(error="500 [-]etcd failed")
    diagnosis = EXAMINATION.judge(nodes, Facts({**facts, API: HostFacts(objects)}), before=False)
    assert ("etcd-no-quorum" in [cause.name for cause in diagnosis.causes]) is named


def _loss(nodes: Kubernetes) -> Loss:
    nothing = Part("none", 0.0, "")
    return Loss(nodes.agents[0], "agent", Timers(nothing, nothing))


def _active(nodes: Kubernetes, host: str) -> Reply:
    return Reply("active\n" * len(nodes.distribution.units(nodes.inventory.host(host))))


def _objects(nodes: Kubernetes, host: str, ready: str, message: str, address: str) -> dict[str, Reply]:
    def node(name: str, own: str) -> dict[str, object]:
        special = name == host
        condition = {"type": "Ready", "status": ready if special else "True", "message": message if special else ""}
        addresses = [{"type": "InternalIP", "address": address if special and address else own}]
        return {"metadata": {"name": name}, "status": {"conditions": [condition], "addresses": addresses}}

    listed = {"items": [node(member.name, member.address) for member in nodes.members]}
    resolver = {"items": [{"endpoints": [{"conditions": {"ready": True}}]}]}
    answers = {"Node": Reply(json.dumps(listed)), "EndpointSlice": Reply(json.dumps(resolver))}
    return answers | {f"ready@{server}": Reply("ok") for server in nodes.servers}


def test_the_lab_has_just_the_inventory_that_the_checks_are_for(nodes: Kubernetes) -> None:
    inventory: Inventory = nodes.inventory
    assert [len(inventory.of_role(role)) for role in ("k3s-server", "k3s-agent")] == [3, 5]
    for network in (nodes.settings.pod_network, nodes.settings.service_network):
        assert network.subnet_of(inventory.settings.private_network)


def pod(name: str, owner: str = "", volume: str = "configMap", phase: str = "Running") -> dict[str, Any]:
    owners = [{"kind": owner, "name": "of-it", "controller": True}] if owner else []
    return {
        "metadata": {"namespace": "prod", "name": name, "ownerReferences": owners},
        "spec": {"volumes": [{"name": "v", volume: {}}]},
        "status": {"phase": phase},
    }


def test_a_node_with_a_pod_that_nobody_makes_again_is_not_drained(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = [
        pod("web", "ReplicaSet", "emptyDir"),
        pod("agent", "DaemonSet"),
        pod("kube-proxy", "Node"),
        pod("job", "Job"),
    ]
    evicted: list[Any] = []

    class Api:
        """Tells of these pods, and takes evictions."""

        def items(self, _: str) -> list[dict[str, Any]]:
            return there

        def create(self, path: str, _: object) -> None:
            evicted.append(path)

    monkeypatch.setattr(Kubernetes, "api", lambda *_: Api())
    service = Kubernetes(read(lab, "kubernetes"))
    node = service.agents[0]
    assert why_not_drainable(service, node) is None
    assert scratch(service, node) == ["prod/web"]
    there += [pod("handmade"), pod("done", phase="Succeeded")]
    assert why_not_drainable(service, node) == "nobody would make prod/handmade again: no controller has them"
    assert evicted == [], "it only asks"
    assert "prod/handmade" in str(why_not_empty(service, node))
    assert len(evicted) == 3, "the web's, the job's and, by force, the one made by hand"
