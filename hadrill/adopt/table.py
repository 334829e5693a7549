"""What was adopted, for people: clusters, their members and ways in, and what is missing for the rest."""

from collections.abc import Iterator, Mapping, Sequence

from hadrill.adopt.finding import Finding
from hadrill.adopt.grouping import Group
from hadrill.adopt.writing import name_of, remarks
from hadrill.inventory import Host, InvalidInventoryError, read
from hadrill.remote.access import sentences
from hadrill.report.screen import Screen


def lines(finding: Finding, needed: Sequence[str], screen: Screen) -> Iterator[str]:
    """The table, then what could not be seen, read or known."""
    groups = finding.grouping.groups
    adopted, names = finding.adopted(), {one.host: name_of(one) for one in finding.surveys}
    seen = f"{len(finding.surveys)} of {len(finding.asked)} hosts"
    yield f"Adopted {seen} into {finding.folder}: {len(groups)} clusters"
    yield from screen.table(
        ("SERVICE", "CLUSTER", "MEMBERS", "WAYS IN"),
        [
            (group.record.title, group.name, ", ".join(names[host] for host in group.members), _ways(group, names))
            for group in groups
        ],
    )
    for title, points in (
        ("not looked at", sentences(finding.silent)),
        ("guessed, or to be known", [line for group in groups for line in remarks(group, adopted.balancers)]),
        ("not readable anywhere, and needed", needed),
        (
            "what the hosts' own programs refused",
            [f"{one.host}: {what}" for one in finding.surveys for what in one.problems],
        ),
    ):
        if points:
            yield ""
            yield f"{title}:"
            yield from (f"  {point}" for point in points)
    yield ""
    yield from _next(finding)


def _ways(group: Group, names: Mapping[Host, str]) -> str:
    return ", ".join(sorted({f"{names[way.host]}:{way.at}" for way in group.ways})) or "-"


def _next(finding: Finding) -> Iterator[str]:
    """What the inventory lacks, as reading it says, or how to go on."""
    try:
        read(finding.folder)
    except InvalidInventoryError as error:
        yield "before it can be used:"
        yield from (f"  {problem}" for problem in error.problems)
        return
    yield f"next: pytest tests/basic --inventory={finding.folder}"
