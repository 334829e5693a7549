"""A Kubernetes node that takes no new pods, as before work on it. The node itself asks for it, and has that right."""

from hadrill.faults.fault import STOP, Fault, Target
from hadrill.placement.marks import all_of


def cordon(target: Target) -> Fault:
    """Cordons the node; healing makes it schedulable again. A node that somebody else cordoned is left alone."""
    node, kubectl, marks = target.host, target.kubectl, target.marks
    cordoned = f"[ \"$({kubectl} get node {node} -o jsonpath='{{.spec.unschedulable}}')\" = true ]"
    ours = f"! {cordoned} || {{ echo '{node} is cordoned already, by somebody else'; false; }}"
    return Fault(
        "cordon",
        STOP,
        inject=all_of(ours, marks.set("cordoned"), f"{kubectl} cordon {node}"),
        proof=f"{cordoned} && echo '{node} is cordoned'",
        heal=marks.where_set("cordoned", f"{kubectl} uncordon {node}"),
        available=ours if kubectl else "echo 'no node of Kubernetes'; false",
    )
