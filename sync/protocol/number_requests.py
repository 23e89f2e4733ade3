"""What only a coordinator decides, asked and answered on one session: online numbers, own PINs.

The numbers in brackets are those of `sync.protocol.session.Session`.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from sync.errors import ProtocolError
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author, RecordId
from sync.protocol import events, limits, messages
from sync.protocol.events import Event
from sync.protocol.host import Host
from sync.protocol.push import Pushing
from sync.protocol.questions import Granted, NumberQuery

BUSY: Final = "busy"
PINS_AT_ONCE_MAX: Final = 4
"""More clerks do not change their PINs at one desk in the same moment."""


class HeldAnswers:
    """Holds the answers of one session back, in their order, while merges go on, (7)."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._held: deque[tuple[set[int], Event]] = deque()

    def add(self, event: Event) -> None:
        """An answer comes; it waits until the merges that were asked for before it are done."""
        self._held.append((set(self._host.merging), event))
        self._emit()

    def merged(self, token: int) -> None:
        """A merge is done."""
        for waiting, _ in self._held:
            waiting.discard(token)
        self._emit()

    def _emit(self) -> None:
        while self._held and not self._held[0][0]:
            self._host.emit(self._held.popleft()[1])


class Numbering:
    """The requests for numbers of one session, both ways, (7).

    The side that grants sends the number after its grant, and the side that asked takes it only
    when the grant is merged: so nobody ever holds a number of which no other replica knows.
    """

    def __init__(self, host: Host, pushing: Pushing, held: HeldAnswers) -> None:
        self._host = host
        self._pushing = pushing
        self._asked: set[int] = set()
        self._granting = 0
        self._held_answers = held

    def ask(self, record: RecordId, terminal: Author) -> int:
        """Ask for a number; `events.NumberArrived` with the id that is returned answers."""
        ident = self._host.next_id()
        if self._host.open and len(self._asked) < limits.NUMBERS_AT_ONCE_MAX:
            self._asked.add(ident)
            self._host.send(messages.NumberRequest(ident, record, terminal))
        else:  # the peer would close the connection, (8)
            self._host.emit(events.NumberArrived(ident, None, BUSY))
        return ident

    def on_request(self, request: messages.NumberRequest) -> None:
        """The peer asks.

        Raises:
            ProtocolError: for another terminal, or too much at once.
        """
        if request.terminal != self._host.peer_author:
            raise ProtocolError(why="a number for another terminal")
        if self._granting >= limits.NUMBERS_AT_ONCE_MAX:
            raise ProtocolError(why="too many requests for numbers at once")
        if not self._pushing.on or self._pushing.dirty:  # its grant could not be pushed now
            self._host.send(messages.NumberReply(request.id, None, BUSY))
            return
        drops = self._pushing.drops

        def granted(reply: Granted) -> None:
            self._granting -= 1
            # The commit of the grant was reported before this, (7). If a push was dropped meanwhile
            # it may have been that one. The same record gets the same number when it asks again.
            if self._pushing.drops != drops:
                reply = Granted(None, BUSY)
            self._host.send(messages.NumberReply(request.id, reply.mrn, reply.code))

        self._granting += 1
        self._host.ask(NumberQuery(request.record, request.terminal), granted)

    def on_reply(self, reply: messages.NumberReply) -> None:
        """A number comes; it waits until the merges that were asked for before it are done.

        Raises:
            ProtocolError: it was not asked for.
        """
        if reply.id not in self._asked:
            raise ProtocolError(why="a number that was not asked for")
        self._asked.remove(reply.id)
        self._held_answers.add(events.NumberArrived(reply.id, reply.mrn, reply.code))


class PinRequests:
    """The clerks' own PINs that this side asks the peer to let count."""

    def __init__(self, host: Host, held: HeldAnswers) -> None:
        self._host = host
        self._held_answers = held
        self._asked: set[int] = set()

    def ask(self, change: ClerkPin, is_known: bool) -> int:
        """Ask; `events.PinChangeArrived` with the id that is returned answers.

        Args:
            is_known: whether the peer speaks a version that has this request.
        """
        ident = self._host.next_id()
        if is_known and self._host.open and len(self._asked) < PINS_AT_ONCE_MAX:
            self._asked.add(ident)
            self._host.send(messages.ChangePin(ident, change))
        else:
            self._host.emit(events.PinChangeArrived(ident, BUSY))
        return ident

    def on_reply(self, reply: messages.PinChanged) -> None:
        """The answer comes; it waits until the fact of it is merged, (7).

        Raises:
            ProtocolError: it was not asked for.
        """
        if reply.id not in self._asked:
            raise ProtocolError(why="a PIN that was not to be changed")
        self._asked.remove(reply.id)
        self._held_answers.add(events.PinChangeArrived(reply.id, reply.code))
