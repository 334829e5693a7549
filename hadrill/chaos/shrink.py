"""From a run that failed to the smallest schedule that still fails: fewer rounds, fewer steps, shorter times."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hadrill.chaos.schedule import Round, Schedule, Step
from hadrill.timing import Deadline

Fails = Callable[[Schedule], bool]


@dataclass(frozen=True)
class Smallest:
    """The smallest schedule that failed, after how many runs, and whether nothing smaller is left to try."""

    schedule: Schedule
    runs: int
    done: bool

    @property
    def steps(self) -> int:
        """How many faults it makes."""
        return sum(len(drawn.steps) for drawn in self.schedule.rounds)


def shrink(schedule: Schedule, fails: Fails, deadline: Deadline) -> Smallest:
    """Try smaller schedules until none fails, or the time is over. `fails` makes a run; its answer may be chance.

    A candidate that does not fail is not tried again: where failures come by chance the result may be larger than need
    be.
    """
    tried: set[str] = set()
    runs = 0
    again = True
    while again:
        again = False
        for candidate in smaller(schedule):
            if candidate.as_json() in tried:
                continue
            if deadline.passed:
                return Smallest(schedule, runs, done=False)
            tried.add(candidate.as_json())
            runs += 1
            if fails(candidate):
                schedule, again = candidate, True
                break
    return Smallest(schedule, runs, done=True)


def smaller(schedule: Schedule) -> Iterator[Schedule]:
    """Candidates, the smallest first: each half of the rounds, all but one, all but one step, no waiting."""
    rounds = schedule.rounds
    if len(rounds) > 1:
        middle = len(rounds) // 2
        yield replace(schedule, rounds=rounds[:middle])
        yield replace(schedule, rounds=rounds[middle:])
    if len(rounds) > 2:
        for number in range(len(rounds)):
            yield replace(schedule, rounds=rounds[:number] + rounds[number + 1 :])
    for number, drawn in enumerate(rounds):
        for other in _smaller_round(drawn):
            yield replace(schedule, rounds=(*rounds[:number], other, *rounds[number + 1 :]))


def _smaller_round(drawn: Round) -> Iterator[Round]:
    steps = drawn.steps
    if len(steps) > 1:
        yield replace(drawn, steps=steps[:-1])
        # The next step takes the first one's place, unless its target is the first one's host.
        if steps[1].target != "same":
            yield replace(drawn, steps=(replace(steps[1], after="begin", delay_s=0.0), *steps[2:]))
    for number, step in enumerate(steps):
        for other in _shorter(step):
            yield replace(drawn, steps=(*steps[:number], other, *steps[number + 1 :]))


def _shorter(step: Step) -> Iterator[Step]:
    if step.hold_s:
        yield replace(step, hold_s=0.0)
    if step.delay_s:
        yield replace(step, delay_s=0.0)
