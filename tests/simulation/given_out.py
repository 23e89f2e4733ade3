"""What a simulated clinic has given out: plain dicts and sets that nobody ever restores.

Nothing here asks the code under test. What a file says is read byte by byte.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgpack

from tests.clinic import Desk

_SLOT = 64 * 1024


class GivenOut:
    """Numbers, marks and answers that left a machine.

    ``marks``: machine -> range -> the highest number that was given out of it. ``answers``: machine
    -> idempotency key -> (request, number, patient).
    """

    def __init__(self) -> None:
        self.marks: dict[str, dict[str, int]] = defaultdict(dict)
        self.answers: dict[str, dict[bytes, tuple[Any, str, int]]] = defaultdict(dict)
        self._online: set[str] = set()

    def number(self, machine: str, draft: Any, mrn: str, patient: int) -> None:
        if draft.key is not None:
            self.answers[machine][draft.key] = (draft, mrn, patient)

    def mark(self, machine: str, range_: str, number: int) -> None:
        marks = self.marks[machine]
        marks[range_] = max(number, marks.get(range_, 0))

    def first_online(self, mrn: str) -> bool:
        """True if this online number was never given out before."""
        is_first = mrn not in self._online
        self._online.add(mrn)
        return is_first


def read_witness(path: Path) -> dict[str, int]:
    """The marks in a witness file."""
    try:
        return newest_marks(path.read_bytes())
    except FileNotFoundError:
        return {}


def settled_marks(content: bytes) -> dict[str, int]:
    """The same of the content of a file, without the numbers of which no commit is known."""
    marks: dict[str, Any] = newest_marks(content)
    for name, number, before, *_ in marks.pop("intents", ()):
        if marks.get(name) == number:
            marks[name] = before
    return marks


def newest_given(content: bytes) -> tuple[int, bytes] | None:
    """The newest number that a witness knows to be given, and the fact that carries it."""
    for name, number, _, facts, *_ in newest_marks(content).get("intents", ()):
        if name == "newest":
            return number, facts[0]
    return None


def newest_marks(content: bytes) -> dict[str, Any]:
    """What of two slots the newer one that is whole says."""
    found = []
    for slot in (content[:_SLOT], content[_SLOT : 2 * _SLOT]):
        body = slot[20 : 20 + int.from_bytes(slot[16:20])]
        if body and blake2b(body, digest_size=16).digest() == slot[:16]:
            found.append(msgpack.unpackb(body))
    marks: dict[str, Any] = max(found)[2] if found else {}
    return marks


def read_feed(desk: Desk) -> list[str]:
    """People of whom the feed of a replica, read from its begin to its end, says what is not so."""
    number: dict[int, str | None] = {}
    status: dict[int, str | None] = {}
    for patient, change, mrn in desk.query("SELECT patient, change, mrn FROM changes ORDER BY id"):
        number[patient] = mrn
        if change in ("admitted", "rejected"):
            status[patient] = change
        elif change == "resolved":
            status[patient] = None  # a decision may also lead back to before the verdict
    return [
        f"patient {ident} with {mrn}, {said}"
        for ident, mrn, said in desk.query("SELECT id, mrn, status FROM patients")
        if ident not in number
        or number[ident] != mrn
        or status.get(ident, "pending") not in (said, None)
    ]
