"""The answers to a peer's requests: which query each of them needs, and what its reply becomes.

The numbers in brackets are those of `sync.protocol.session.Session`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sync.errors import ProtocolError
from sync.model.facts import Author
from sync.model.runs import Batch
from sync.protocol import limits
from sync.protocol.host import Host
from sync.protocol.messages import (
    Batches,
    ChangePin,
    Ends,
    GetEnds,
    GetPins,
    GetShards,
    GetSummary,
    Message,
    PinChanged,
    Pins,
    Shards,
    Summary,
    Want,
)
from sync.protocol.pieces import ends_page, in_pieces, is_registry, shards_page, summary_page
from sync.protocol.questions import (
    BatchesQuery,
    EndsQuery,
    PinChangeQuery,
    PinsQuery,
    Query,
    ShardsQuery,
    SummaryQuery,
)

Request = GetSummary | GetShards | GetEnds | Want | GetPins | ChangePin


class Serving:
    """The requests of the peer of one session, a bounded number of them at once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._serving = 0

    def on_request(self, request: Request) -> None:
        """Answer a request.

        Raises:
            ProtocolError: too many at once, or about what the peer may not have.
        """
        if not self._host.open and not is_registry(request):  # (2)
            raise ProtocolError(why="only the registry may be asked for")
        if self._serving >= limits.SERVED_AT_ONCE_MAX:  # (8)
            raise ProtocolError(why="too many requests at once")
        query, answers = plan(request, self._host.peer_author)

        def answer(reply: Any) -> None:
            self._serving -= 1
            for message in answers(reply):
                self._host.send(message)

        self._serving += 1
        self._host.ask(query, answer)


def plan(request: Request, peer: Author) -> tuple[Query, Callable[[Any], list[Message]]]:
    """The query that a request of a peer needs, and what turns its reply into the answer."""
    match request:
        case GetSummary(ident, author, after):
            return SummaryQuery(author), lambda rows: [Summary(ident, *summary_page(rows, after))]
        case GetShards(ident, author, start):
            return ShardsQuery(author, start), lambda rows: [
                Shards(ident, author, *shards_page(rows, start))
            ]
        case GetEnds(ident, asked):
            return EndsQuery(tuple((shard.author, shard.shard) for shard in asked)), lambda held: [
                Ends(ident, *ends_page(asked, held))
            ]
        case GetPins(ident, clerks):
            return PinsQuery(peer, clerks), lambda found: [Pins(ident, found)]
        case ChangePin(ident, change):
            return PinChangeQuery(peer, change), lambda code: [PinChanged(ident, code)]
    return BatchesQuery(request.wishes), lambda batches: _batches(request.id, batches)


def _batches(ident: int, granted: Sequence[Batch | None]) -> list[Message]:
    # The asker waits for the last piece, so there is one even when nothing is held any more.
    pieces = in_pieces([batch for batch in granted if batch is not None]) or [()]
    last = len(pieces) - 1
    return [Batches(ident, piece, at == last) for at, piece in enumerate(pieces)]
