"""A Kubernetes node that takes no new pods, as before work on it: asked for with the node's own right to say so."""

from hadrill.faults.fault import STOP, Fault, Target


def cordon(target: Target) -> Fault:
    """Cordoned; healing makes it schedulable again. One that somebody else cordoned is left alone."""
    node, kubectl = target.host, target.kubectl
    cordoned = f"[ \"$({kubectl} get node {node} -o jsonpath='{{.spec.unschedulable}}')\" = true ]"
    return Fault(
        "cordon",
        STOP,
        inject=f"{kubectl} cordon {node}",
        proof=f"{cordoned} && echo '{node} is cordoned'",
        heal=f"{kubectl} uncordon {node}",
        available=(
            f"! {cordoned} || {{ echo '{node} is cordoned already, by somebody else'; false; }}"
            if kubectl
            else "echo 'no node of Kubernetes'; false"
        ),
    )
