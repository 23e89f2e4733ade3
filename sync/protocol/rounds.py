"""When to pull, what each side has said that it holds, and when both are in step.

The numbers in brackets are those of `sync.protocol.session.Session`.
"""

from __future__ import annotations

from collections.abc import Callable

from sync.errors import ProtocolError
from sync.model.facts import REGISTRY
from sync.protocol import events, messages
from sync.protocol.host import Host
from sync.protocol.pull import Answer, Pull
from sync.protocol.questions import Roots, RootsQuery


class Rounds:
    """The pulls of one session, one at a time, (4).

    A root is the digest of a whole document. A round begins for the root that the peer announced
    last, and never again for a root with which one has ended, unless something was left undone and
    this replica has changed since, (5). So two sides come to rest even if their documents can never
    become equal, because one holds what the other refuses.

    ``live`` is true when both sides have settled once; ``undone`` when something that the peer has
    could not be had or merged yet.
    """

    def __init__(self, host: Host) -> None:
        self.live = False
        self.undone = False
        self._host = host
        self._pull: Pull | None = None
        self._stale_below = 0
        """Answers with smaller ids belong to a pull that was cancelled."""
        self._announced = b""
        """The root that the peer said last."""
        self._begun = b""
        """The root of the peer for which the newest round began."""
        self._ended = b""
        """The root of the peer for which the newest round has ended."""
        self._tried = b""
        """Our own root when what was undone was tried again."""
        self._settled = False
        self._peer_settled = False

    @property
    def running(self) -> bool:
        """True while something is being pulled."""
        return self._pull is not None

    @property
    def late(self) -> bool:
        """True when the peer owes an answer for too long, (8)."""
        return self._pull is not None and self._pull.late

    def pull_registry(self, done: Callable[[], None]) -> None:
        """Get the registry of the peer, and nothing else."""

        def ended(_pull: Pull) -> None:
            self._pull = None
            done()

        self._start(Pull(self._host, REGISTRY, ended))

    def cancel(self) -> None:
        """End what runs; what the peer still answers to it is ignored."""
        if self._pull is not None:
            self._pull.cancel()
            self._pull = None
            self._stale_below = self._host.next_id()  # all requests before have smaller ids

    def announced(self, roots: Roots) -> None:
        """The peer says that it holds this now."""
        self._host.peer_roots = roots
        self._announced = roots.document

    def first(self, own: Roots) -> None:
        """Both sides have welcomed each other: is there anything to pull?"""
        if not self._host.open:  # refused while the replica was asked for its roots
            return
        if own.document == self._announced:
            self._ended = own.document
            self._settle(own)
        else:
            self._begin()

    def reconsider(self, own: Roots) -> None:
        """Begin another round if there is a reason for it, (5)."""
        # A round that runs ends here again; and the first round begins in `first`.
        if not self._host.open or self.running or not self._settled:
            return
        moved = self._announced not in (own.document, self._ended)
        # What was undone lacked something. Only with new facts here can it succeed now.
        retry = self.undone and own.document != self._tried
        if retry:
            self._tried = own.document
        if moved or retry:
            self._begin()

    def send_roots(self, own: Roots) -> None:
        """Let the peer know what we hold."""
        self._host.sent_roots = own
        self._host.send(messages.RootsNow(own))

    def compare(self, own: Roots) -> None:
        """From time to time: whatever went wrong, roots that differ are noticed."""
        host = self._host
        in_step = host.peer_roots is not None and own.document == host.peer_roots.document
        if not in_step or own != host.sent_roots:  # else the peer knows it, and it costs nothing
            self.send_roots(own)
        if in_step and self.live:
            host.emit(events.LiveNow(self._complete))
        self.reconsider(own)

    # messages

    def on_answer(self, answer: Answer) -> None:
        """An answer to a request of a pull.

        Raises:
            ProtocolError: nothing of the kind was asked for.
        """
        if answer.id < self._stale_below:  # it was under way when the pull was cancelled
            return
        if self._pull is None:
            raise ProtocolError(why="an answer to nothing that was asked")
        self._pull.received(answer)

    def on_settled(self, settled: messages.Settled) -> None:
        """The peer has pulled what it lacked of what we held, (4)."""
        self.announced(settled.roots)
        self._peer_settled = True

        def compare(own: Roots) -> None:
            # What was committed here since the peer began its round was not pushed to it.
            if own.document != settled.roots.document:
                self.send_roots(own)
            self.reconsider(own)

        self._host.ask(RootsQuery(), compare)
        if self.live and self._complete:  # they have come to be equal after all
            self._host.emit(events.LiveNow(True))
        self._maybe_live()

    def on_roots(self, now: messages.RootsNow) -> None:
        """The peer says what it holds."""
        self.announced(now.roots)
        self._host.ask(RootsQuery(), self.reconsider)

    # rounds

    def _begin(self) -> None:
        self._begun = self._announced
        self.undone = False
        self._host.early.clear()  # the round asks for all of it
        self._start(Pull(self._host, None, self._end))

    def _start(self, pull: Pull) -> None:
        self._pull = pull
        pull.start()

    def _end(self, pull: Pull) -> None:
        self._pull = None
        self._ended = self._begun
        self.undone = self.undone or pull.undone
        self._host.ask(RootsQuery(), self._settle)

    def _settle(self, own: Roots) -> None:
        self._settled = True
        self._host.sent_roots = own
        self._host.send(messages.Settled(own))  # (4)
        self._maybe_live()
        self.reconsider(own)

    def _maybe_live(self) -> None:
        if self._settled and self._peer_settled and not self.live:
            self.live = True
            self._host.emit(events.LiveNow(self._complete))

    @property
    def _complete(self) -> bool:
        """Nothing of the peer is missing here, and both have the same facts of the coordinator.

        Where these differ, some may be on their way from the peer, which went on since it was
        pulled from.
        """
        mine, theirs = self._host.sent_roots, self._host.peer_roots
        return (
            not self.undone
            and not self._host.parked
            and mine is not None
            and theirs is not None
            and (mine.registry, mine.coordinator) == (theirs.registry, theirs.coordinator)
        )
