"""Forms that a clerk has begun and not sent: kept for a day, in a file that only its owner reads.

No fact says anything of them, no other computer gets them, and no backup has them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from sync.model import causes
from sync.storage import files

FILE: Final = "drafts.json"
DRAFTS_MAX: Final = 20
DAY_MS: Final = 24 * 3600 * 1000

log = logging.getLogger("mrnmesh.drafts")


class FormDraft(msgspec.Struct, kw_only=True, frozen=True):
    """A form: its idempotency key, who fills it, what stands in it, whether it was sent.

    A form that was sent and not answered may have registered somebody. Sent again with its key, it
    registers nobody twice.
    """

    key: Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9-]+$")]
    fields: Annotated[
        dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=500)]],
        Meta(max_length=64),
    ]
    operator: Annotated[str, Meta(max_length=100)] = ""
    sent: bool = False


class _Kept(msgspec.Struct, frozen=True):
    """A draft, and when it was kept.

    That is in milliseconds since 1970 in the file. In memory it is by a clock that only counts what
    passes, or a day would be longer when the clock of the computer is set back.
    """

    draft: FormDraft
    at_ms: int


class Drafts:
    """The drafts of one desk, which several threads may use at once.

    A file that cannot be written takes nothing from a clerk: the drafts are in memory then.

    Args:
        now_ms: milliseconds since 1970.
        steady_ms: milliseconds that only count what passes, whatever the clock shows.
    """

    def __init__(
        self, folder: Path, now_ms: Callable[[], int], steady_ms: Callable[[], int]
    ) -> None:
        self._path = folder / FILE
        self._now_ms = now_ms
        self._steady_ms = steady_ms
        # Held while the file is written too, so that it is never older than what is in memory.
        self._one_by_one = threading.Lock()
        found, past_ms = _read(self._path), now_ms() - steady_ms()
        # For one that was kept at a time that was wrong, later than now, its day begins anew.
        self._kept = {
            key: _Kept(one.draft, min(one.at_ms - past_ms, steady_ms()))
            for key, one in found.items()
        }
        if any(one.at_ms > now_ms() for one in found.values()):
            self._forget(lambda _one: False, write=True)

    def of(self, operator: str) -> list[FormDraft]:
        """The forms that somebody has begun, the newest first; those of others are gone then.

        Where nobody has chosen a name yet, as in a browser that was just opened, nobody has taken
        the place of whoever sat there, and what they have begun stays for them.
        """
        with self._one_by_one:
            self._forget(lambda one: _is_of_another(one, operator))
            found = [one.draft for one in reversed(self._kept.values())]
        return [one for one in found if one.operator == operator]

    def keep(self, draft: FormDraft) -> None:
        """Keep a form in place of what was kept of it; the oldest beyond `DRAFTS_MAX` go."""
        with self._one_by_one:
            kept = _Kept(draft, self._steady_ms())
            self._kept.pop(draft.key, None)
            self._kept[draft.key] = kept
            surplus = set([*self._kept][:-DRAFTS_MAX])
            self._forget(
                lambda one: one.key in surplus or _is_of_another(one, draft.operator), write=True
            )

    def drop(self, key: str) -> None:
        """Forget a form: it was registered, or nobody wants it."""
        with self._one_by_one:
            self._forget(lambda one: one.key == key)

    def _forget(self, which: Callable[[FormDraft], bool], *, write: bool = False) -> None:
        oldest = self._steady_ms() - DAY_MS
        left = {
            key: one
            for key, one in self._kept.items()
            if one.at_ms > oldest and not which(one.draft)
        }
        if write or len(left) < len(self._kept):
            self._kept = left
            try:
                past_ms = self._now_ms() - self._steady_ms()
                dated = [_Kept(one.draft, one.at_ms + past_ms) for one in left.values()]
                files.write_private(self._path, msgspec.json.encode(dated))
            except OSError as error:
                log.warning("forms that were begun are kept in memory only: %s", causes.why(error))


def _is_of_another(draft: FormDraft, operator: str) -> bool:
    """True when somebody else has chosen a name since a form was begun."""
    return operator not in ("", draft.operator)


def _read(path: Path) -> dict[str, _Kept]:
    """What the file has; a damaged one has nothing."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=list[_Kept])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {one.draft.key: one for one in found}
