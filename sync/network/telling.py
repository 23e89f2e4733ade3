"""Which addresses are told to which peer: what it lacks when it comes, and then what is news."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from sync.network.address_book import AddressBook
from sync.network.connection import Connection
from sync.protocol.addresses import SignedAddresses
from sync.protocol.events import AddressesArrived, Event, PeerHolds, Welcomed

log = logging.getLogger("mrnmesh.peering")


class Telling:
    """Passes addresses on between the peers of one replica.

    Args:
        book: what this replica knows.
        changed: called after something new has come.
    """

    def __init__(self, book: AddressBook, changed: Callable[[], None]) -> None:
        self._book = book
        self._changed = changed

    def heard(self, connection: Connection, event: Event, among: Iterable[Connection]) -> None:
        """Something has happened on one of the connections."""
        match event:
            case Welcomed():
                connection.say(lambda session: session.ask_addresses(self._book.held()))
            case PeerHolds(rows):
                newer = self._book.newer_than(rows)
                connection.say(lambda session: session.tell_addresses(newer))
            case AddressesArrived(found):
                self._arrived(connection, found, among)

    def spread(self, news: list[SignedAddresses], to: Iterable[Connection]) -> None:
        """Tell some peers."""
        for connection in to:
            connection.say(lambda session: session.tell_addresses(news))

    def _arrived(
        self,
        connection: Connection,
        found: Iterable[SignedAddresses],
        among: Iterable[Connection],
    ) -> None:
        news = self._book.offer(found)
        if news is None:
            name = connection.peer.author if connection.peer else "a peer"
            log.error("%s passed on addresses with a false signature", name)
            connection.say(lambda session: session.fail("protocol", "a false signature"))
        elif news:
            self.spread(news, (one for one in among if one is not connection))
            self._changed()
