"""Causes for which Kubernetes does not serve, or would not move its pods, each with its remedy."""

from hadrill.diagnosis import Examination, Rule
from hadrill.services.kubernetes import signs
from hadrill.services.kubernetes.facts import PORTS, KubernetesFacts, orders

RULES: tuple[Rule[KubernetesFacts], ...] = (
    Rule(
        "etcd-no-quorum",
        "etcd has no majority: the API refuses, and what runs goes on",
        "units of etcd; `no leader` in its log",
        "bring the other servers back; of lost disks, restore a snapshot",
        signs.no_quorum,
    ),
    Rule(
        "certificate-wrong",
        "a certificate is over, or for another name",
        "x509's words in the logs of kubelet, API server and etcd",
        "`fab kubernetes` issues it anew; K3s does at its start within 90 days of the end",
        signs.certificate,
    ),
    Rule(
        "authority-differs",
        "a node and the API server were certified by different authorities",
        "`signed by unknown authority` in kubelet's log",
        "the node's CA must be the cluster's: `fab kubernetes`; with K3s remove the agent's TLS folder and join again",
        signs.authority,
    ),
    Rule(
        "join-token-wrong",
        "a node cannot join: the API does not know its token",
        "`Unauthorized` in kubelet's log, and no node of that name",
        "the same K3S_TOKEN for all: `fab kubernetes`",
        signs.token,
    ),
    Rule(
        "node-name-twice",
        "two hosts use one node's name",
        "the node's InternalIP is not the inventory's",
        "give each host its own name, delete the node, restart both kubelets",
        signs.names_twice,
    ),
    Rule(
        "runtime-down",
        "a node has no container runtime",
        "its unit; `container runtime is down` in the node's condition",
        "start containerd; its log says why it ended",
        signs.runtime,
    ),
    Rule(
        "network-missing",
        "a node has no network for pods",
        "`cni plugin not initialized` in the node's condition",
        "flannel must run there and have written its configuration: `fab kubernetes`",
        signs.network,
    ),
    Rule(
        "port-filtered",
        "a server's port answers on its own host and not to the others",
        "refused or no answer from another server, an answer on the host itself",
        "open 6443 and 2380 between the servers (UFW)",
        lambda view: view.filtered(PORTS),
    ),
    Rule(
        "ingress-port-taken",
        "another program has port 80 of a node",
        "who listens on it",
        "stop that program; the ingress' pod takes the port by itself then",
        signs.port_taken,
    ),
    Rule(
        "taint-forbids",
        "pods wait for a node that would take them",
        "a taint in PodScheduled's message",
        "remove the taint, or give the pods a toleration",
        signs.taints,
    ),
    Rule(
        "names-unanswered",
        "nobody answers names in the cluster",
        "no ready endpoint of kube-dns",
        "the pods of CoreDNS say why they are not ready",
        signs.resolver,
    ),
    Rule(
        "component-stopped",
        "a component of a node does not run",
        "systemd's word on its units",
        "start it; its log says why it ended",
        signs.stopped,
    ),
    Rule(
        "node-absent",
        "a host is no node of the cluster",
        "the API's list of nodes",
        "kubelet's log on that host says what it waits for",
        signs.absent,
    ),
    Rule(
        "disruption-budget",
        "a PodDisruptionBudget lets no pod go: a drain would wait for ever",
        "its disruptionsAllowed is 0",
        "more replicas, or a budget that leaves one to go",
        signs.disruptions,
    ),
)
"""The most telling ones first."""

EXAMINATION = Examination("kubernetes", orders, KubernetesFacts, RULES)
