"""Processes by their number and the time of their start: the number alone may belong to another process later."""

from hadrill.placement.marks import Marks
from hadrill.remote.shell import command

STARTED = "started() { sed 's/.*) //' /proc/$1/stat 2>/dev/null | cut -d' ' -f20; }"
"""Prints when a process was started, in the kernel's ticks."""
STATE = "state() { sed 's/.*) //' /proc/$1/stat 2>/dev/null | cut -c1; }"
"""Prints the kernel's letter for a process's state; T is one that was stopped."""
_WITHIN = (
    'within() { [ "$(readlink /proc/$1/ns/pid)" = "$space" ]'
    " && cut -d: -f3- /proc/$1/cgroup 2>/dev/null | sed 's,$,/,' | grep -qF -e \"$group/\"; }"
)


def listed(main: str, group: str, pattern: str) -> str:
    """Print the processes with such a command line that are in a cgroup and in its main process's own namespace.

    `main` and `group` print that process and that cgroup.
    """
    return (
        f"main=$({main}); group=$({group}); space=$(readlink /proc/$main/ns/pid); {_WITHIN};"
        f' for p in $({command("pgrep", "-f", "--", pattern)}); do [ "$p" = $$ ] || ! within $p || echo $p; done'
    )


def marked(marks: Marks, name: str) -> str:
    """Mark the processes in `$pids`."""
    return f'{{ {STARTED}; for p in $pids; do echo "$p $(started $p)"; done > {marks.path(name)}; }}'


def signalled(signal: str) -> str:
    """Send a signal to the processes in `$pids`. It is no failure where one has ended since they were listed."""
    sent = f"sent=; for p in $pids; do ! kill -{signal} $p 2>/dev/null || sent=$p; done"
    return f'{{ {sent}; [ -n "$sent" ] || {{ echo "no process took the signal: $pids" >&2; false; }}; }}'


def all_stopped(marks: Marks, name: str) -> str:
    """Succeeds where each of the marked processes that have not ended stands still, and at least one does."""
    file = marks.path(name)
    check = f'while read -r p when; do case "$(state $p)" in T) still=$p;; ""|Z|X) ;; *) exit 1;; esac; done < {file}'
    return f'{{ [ -s {file} ] && {STATE} && ( still=; {check}; [ -n "$still" ] ); }}'


def all_ended(marks: Marks, name: str) -> str:
    """Succeeds where none of the marked processes runs; otherwise `$left` is one that does."""
    file = marks.path(name)
    return (
        f"{{ {STARTED}; {STATE}; left=; while read -r p when; do"
        ' case "$(state $p)" in ""|Z|X) ;; *) [ "$(started $p)" != "$when" ] || left=$p;; esac;'
        f' done < {file}; [ -z "$left" ]; }}'
    )


def let_go_on(marks: Marks, name: str) -> str:
    """Let the marked processes go on; another process that has got the number of one of them since is left alone."""
    file = marks.path(name)
    go_on = '[ "$(started $p)" != "$when" ] || kill -CONT $p 2>/dev/null || :'
    return marks.where_set(name, f"{STARTED}; while read -r p when; do {go_on}; done < {file}")
