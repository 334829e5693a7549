"""A stopped container engine."""

from hadrill.faults.fault import STOP, Fault, Target
from hadrill.placement import engine
from hadrill.placement.marks import all_of, in_turn


def stop(target: Target) -> Fault:
    """Stops the engine, and with it every container that it was not told to keep alive.

    Its owner's other containers end too: healing starts those that ran and that the engine does not start by itself.
    """
    its, marks = target.placement, target.marks
    return Fault(
        "engine-stop",
        STOP,
        inject=all_of(engine.RUNS, its.remember(marks), engine.remember(marks), engine.STOP),
        proof=engine.IS_GONE,
        heal=in_turn(engine.start_again(marks), its.start_again(marks)),
        available=engine.RUNS,
        ends=True,
    )
