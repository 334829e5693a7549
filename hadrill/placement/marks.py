"""What an experiment makes on its target is marked there before it is made: healing undoes that, and nothing else.

A mark is a file in the experiment's own folder on the target. An injection sets it once it has seen that the step would
be its own: a component that its owner stopped, paused or shaped before is never "undone". All texts are for /bin/sh.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Marks:
    """The marks of one experiment, in its folder on the target."""

    folder: str

    def path(self, name: str) -> str:
        """Where a mark lies."""
        return f"{self.folder}/{name}"

    def set(self, name: str, words: str = "") -> str:
        """Set a mark. `words` is what it holds, as the shell reads it: `$pids` is the variable's value."""
        return f"echo {words} > {self.path(name)}"

    def where_set(self, name: str, program: str) -> str:
        """Do this only where the mark was set."""
        return f"if [ -e {self.path(name)} ]; then {program}; fi"


def all_of(*steps: str) -> str:
    """One step after the other, as long as they succeed."""
    return " && ".join(f"{{ {step}; }}" for step in steps)


def in_turn(*steps: str) -> str:
    """All steps, whatever becomes of each; fails where one has failed. For healing: one that fails stops no other."""
    return f'failed=; {" ".join(f"{{ {step}; }} || failed=1;" for step in steps)} [ -z "$failed" ]'
