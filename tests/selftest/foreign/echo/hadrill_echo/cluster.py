"""Echo, as drills see it."""

import socket
from collections.abc import Mapping, Sequence

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.abilities import Electorate
from hadrill.services.asking import failures
from hadrill.services.client_parts import SILENT, TURN, hang
from hadrill.services.cluster import Cluster, Traits
from hadrill.services.errors import BadAnswerError
from hadrill.services.finding import CheckFailedError
from hadrill.services.member import SILENT as NO_ANSWER
from hadrill.services.member import Member, Probe
from hadrill.services.place import Place
from hadrill.timing import Budget, Part, budget
from hadrill.workload import Answer, History, Invariant, Lane
from hadrill_echo import checks
from hadrill_echo.client import CONNECT_SECONDS, PORT, Echo, say
from hadrill_echo.diagnosis import EXAMINATION

SHUTDOWN_SECONDS = 1.0


class EchoCluster(Cluster):
    """Members of equal rank: one that is left is enough."""

    service = "echo"
    traits = Traits(
        peer_port=PORT,
        exempt={
            Invariant.ONE_LEADER: "nobody leads",
            Invariant.NOTHING_LOST: "members keep nothing",
            Invariant.OTHERS_DATA: "members keep nothing",
        },
        why_no_switchover="nobody leads",
    )

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.echo = Echo(inventory)

    @property
    def members(self) -> tuple[Host, ...]:
        """Both."""
        return self.echo.members

    @property
    def shared(self) -> tuple[Host, ...]:
        """No host stands between clients and members."""
        return ()

    def electorate(self, host: Host) -> Electorate:
        """One that is left is enough."""
        return Electorate(dict.fromkeys(self.members, 1), 1)

    def probe(self, host: Host) -> Probe:
        """Whether it says what it hears."""

        def ask() -> Member:
            try:
                self.echo.ask(host, "probe")
            except failures():
                return NO_ANSWER
            return Member("member")

        return ask

    def why_not_healthy(self) -> str | None:
        """Every check holds."""
        try:
            checks.faithful(self.echo)
        except CheckFailedError as error:
            return str(error)
        return None

    def place(self, name: str, leader: Host | None = None) -> "EchoPlace":
        """The members' ears."""
        return EchoPlace(self.echo)

    def budget(self, kind: Kind, role: str, settings: Mapping[str, str] | None = None) -> Budget:
        """How long a client looks for a member that answers."""
        parts = [Part("connect", CONNECT_SECONDS if kind in SILENT else 0.0, "a client tries the next member then")]
        if kind is Kind.STOP:
            parts.append(Part("shutdown", SHUTDOWN_SECONDS, "its connections end"))
        return budget([*parts, TURN, hang(kind)], self.multiplier)

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """From every member's own words."""
        return EXAMINATION.diagnose(self.echo, self.remote, since_seconds=since_seconds, victim=victim)


class EchoPlace(Place):
    """Nothing is kept, so nothing is made, lost or removed."""

    def __init__(self, service: Echo) -> None:
        self._echo = service

    @property
    def lanes(self) -> Sequence[Lane]:
        """Words that are said, over new and pooled connections."""
        return [
            Lane(kind, connection, PORT, lambda: Speaker(self._echo), refused)
            for kind in ("write", "read")
            for connection in ("new", "pooled")
        ]

    @property
    def readers(self) -> tuple[Host, ...]:
        """Both."""
        return self._echo.members

    def make(self) -> None:
        """Nothing."""

    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """All that was heard, as nobody can say otherwise."""
        return acknowledged

    def clean(self) -> None:
        """Nothing."""


class Speaker:
    """One connection of the workload."""

    def __init__(self, service: Echo) -> None:
        self._connection: socket.socket = service.connect()
        self._server = str(self._connection.getpeername()[0])

    def write(self, key: str) -> Answer:
        """A word of its own."""
        if say(self._connection, key) != key:
            raise BadAnswerError(f"{self._server} does not say what it hears")
        return Answer(self._server)

    def read(self) -> Answer:
        """The same word each time."""
        return self.write("read")

    def abort(self) -> None:
        """End what hangs."""
        self._connection.close()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def refused(error: Exception) -> bool:
    """Nothing was heard where nobody took the connection."""
    return isinstance(error, ConnectionRefusedError)
