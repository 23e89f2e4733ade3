"""After each commit that clients or other computers can hear of, its witness file knows of it.

Watched replicas compare the database before and after each transaction. They look at tables and at
the bytes of the file, and not at what the transaction says that it gives. So whatever a test or a
simulated history makes a daemon do, it may not give a number, an id, a cursor or an answer of which
nobody would know any more if the database were put back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sync.engine.transaction import Transaction
from sync.engine.writer import Writer
from sync.model import facts
from tests.simulation.given_out import newest_marks

_NEWEST = {
    "supplied": "SELECT coalesce(sum(value), 0) FROM meta WHERE key LIKE 'supplied below%'",
    "answers": "SELECT count(*) FROM answers",
    "change": "SELECT coalesce(max(id), 0) FROM changes",
    "step": "SELECT coalesce(max(value), 0) FROM meta WHERE key = ?",
}


class Known(NamedTuple):
    """What a database says of what was given; ``cursors`` by the first numbers of ranges."""

    cursors: dict[int, int]
    supplied: int
    answers: int
    change: int
    step: int


class Undisclosed(AssertionError):
    """Something can be heard of that the witness does not know."""


def watch(writer: Writer) -> None:
    """Look at each transaction of a writer from now on."""
    real: Any = writer.write

    def write(act: Any, *args: Any, **more: Any) -> Any:
        before, kinds = _known(writer), set[str]()
        result = real(lambda tx: act(_noting(tx, kinds)), *args, **more)
        _check(writer, before, _known(writer), kinds)
        return result

    writer.write = write  # type: ignore[method-assign]


def _noting(tx: Transaction, kinds: set[str]) -> Transaction:
    """Note the kinds of the facts that a transaction appends."""
    real = tx.append

    def append(author: Any, kind: str, *rest: Any) -> Any:
        kinds.add(kind)
        return real(author, kind, *rest)

    tx.append = append  # type: ignore[method-assign]
    return tx


def _known(writer: Writer) -> Known:
    connection = writer.store.connection
    execute = getattr(connection, "real", connection).execute
    name = ("witness" if writer.identity.is_coordinator else "given",)
    return Known(
        dict(execute("SELECT start, cursor FROM cursors").fetchall()),
        *(
            execute(sql, name if sql.endswith("?") else ()).fetchone()[0]
            for sql in _NEWEST.values()
        ),
    )


def _check(writer: Writer, before: Known, after: Known, kinds: set[str]) -> None:
    witness = writer.disclosure.witness
    if witness is None or not witness.seen().trusted or witness.file.failure is not None:
        return
    marks = newest_marks(witness.file._content())
    gave = (
        kinds - {facts.VERDICT}
        or (after.supplied, after.answers) != (before.supplied, before.answers)
        or any(after.cursors[start] > cursor for start, cursor in before.cursors.items())
    )
    name = "begun" if writer.identity.is_coordinator else "given"
    if gave and not (before.step != after.step == marks.get(name)):
        raise Undisclosed(f"{kinds or after}: the witness knows {marks}, and not {after.step}")
    is_shown = after.change > before.change and witness.seen().belongs
    if is_shown and not gave and marks.get("changes", 0) < after.change:
        raise Undisclosed(f"change {after.change}: the witness knows {marks}")
