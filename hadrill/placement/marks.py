"""What an experiment makes on its target is marked there before it is made: healing undoes that, and nothing else.

A mark is a file in the experiment's own folder on the target. An injection sets it once it has seen that nobody else
has done the same: what its owner stopped, paused or shaped is never "undone". All texts are programs for /bin/sh.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Marks:
    """The marks of one experiment, in its folder on the target."""

    folder: str

    def path(self, name: str) -> str:
        """The file of a mark."""
        return f"{self.folder}/{name}"

    def set(self, name: str, words: str = "") -> str:
        """Set a mark. `words` is what the file holds, as the shell reads it: `$pids` is the variable's value."""
        return f"echo {words} > {self.path(name)}"

    def where_set(self, name: str, program: str) -> str:
        """Run this program only where the mark is set."""
        return f"if [ -e {self.path(name)} ]; then {program}; fi"


def all_of(*programs: str) -> str:
    """Run one program after the other, as long as they succeed."""
    return " && ".join(f"{{ {program}; }}" for program in programs)


def in_turn(*programs: str) -> str:
    """Run all programs, also after one has failed; fails at the end then. For healing: one failure stops no other."""
    return f'failed=; {" ".join(f"{{ {program}; }} || failed=1;" for program in programs)} [ -z "$failed" ]'
