"""What the PINs of the clerks of a desk are checked by, and how often somebody typed a wrong one.

It comes from the coordinator, for those who work here, and is kept in a file that only its owner
reads: so a PIN is good offline. No fact says anything of it, and no backup has it; after a restore
the coordinator is asked again.

A wrong PIN makes the next try wait, longer with each, and never longer than `DELAY_S_MAX`; a right
one ends that. The count outlives a restart, and the wait begins anew then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from node.errors import PinDelayed
from sync.model import causes
from sync.model.clerks.pins import VERIFIER_LENGTH_MAX, ClerkPin
from sync.rules.clerks import Clerk
from sync.storage import files

FILE: Final = "clerk-pins.json"
FREE_FAILURES: Final = 3
"""So many wrong ones are slips: nobody waits for them."""
DELAY_S: Final = 5.0
DELAY_S_MAX: Final = 300.0

log = logging.getLogger("mrnmesh.clerks")


class _KeptPin(msgspec.Struct):
    """What a PIN is checked by, and how many wrong ones were typed since the last right one."""

    clerk: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    pin: int
    verifier: Annotated[str, Meta(max_length=VERIFIER_LENGTH_MAX)]
    failures: int = 0


class PinFile:
    """The PINs of one desk.

    A file that cannot be written leaves them in memory.

    Args:
        steady_s: seconds that only count what passes, whatever the clock shows.
    """

    def __init__(self, folder: Path, steady_s: Callable[[], float]) -> None:
        self._path = folder / FILE
        self._steady_s = steady_s
        self._kept = _read(self._path)
        # When the last wrong one was typed; after a restart the wait begins anew.
        self._failed_at = dict.fromkeys(self._kept, steady_s())

    def verifier_of(self, clerk: Clerk) -> str | None:
        """What the PIN of a clerk is checked by now; None if they have none, or it is not here."""
        kept = self._kept.get(clerk.id)
        return kept.verifier if clerk.pin and kept is not None and kept.pin == clerk.pin else None

    def lacking(self, clerks: Iterable[Clerk]) -> list[bytes]:
        """Those of some clerks whose PIN is not here."""
        return [one.id for one in clerks if one.pin and self.verifier_of(one) is None]

    def keep(self, found: Iterable[ClerkPin], clerks: Mapping[bytes, Clerk]) -> None:
        """Keep what the coordinator says of the clerks who work here, and forget all others.

        Args:
            clerks: those who work here, by id.
        """
        before = {ident: (one.pin, one.verifier) for ident, one in self._kept.items()}
        for pin in found:
            clerk = clerks.get(pin.clerk)
            # One that the list does not name yet, or not any more, is asked for when it does.
            if clerk is None or clerk.pin != pin.pin:
                continue
            if before.get(pin.clerk) != (pin.pin, pin.verifier):
                self._kept[pin.clerk] = _KeptPin(pin.clerk.hex(), pin.pin, pin.verifier)
                self._failed_at[pin.clerk] = self._steady_s()
        for ident in [*self._kept]:
            if ident not in clerks or not clerks[ident].pin:
                del self._kept[ident]
        if before != {ident: (one.pin, one.verifier) for ident, one in self._kept.items()}:
            self._write()

    def begin(self, clerk: Clerk) -> None:
        """Count a try as wrong until `succeeded` takes that back.

        It is counted and on disk before the PIN is looked at, so that neither many tries at once
        nor a restart are a way round.

        Raises:
            PinDelayed: it comes too early; says how long to wait.
        """
        kept = self._kept[clerk.id]
        now = self._steady_s()
        wait = self._failed_at[clerk.id] + delay_s(kept.failures) - now
        if wait > 0:
            raise PinDelayed(name=clerk.name, seconds=max(1, round(wait)))
        kept.failures += 1
        self._failed_at[clerk.id] = now
        self._write()

    def take_back(self, clerk: Clerk) -> None:
        """The try that was begun was none: nobody has looked at the PIN."""
        kept = self._kept.get(clerk.id)
        if kept is not None and kept.failures:
            kept.failures -= 1
            self._write()

    def succeeded(self, clerk: Clerk) -> None:
        """The PIN was right."""
        kept = self._kept.get(clerk.id)
        if kept is not None and kept.failures:
            kept.failures = 0
            self._write()

    def next_try_s(self, clerk: Clerk) -> int:
        """How long to wait now for the next try."""
        kept = self._kept.get(clerk.id)
        return round(delay_s(kept.failures)) if kept is not None else 0

    def _write(self) -> None:
        try:
            files.write_private(self._path, msgspec.json.encode([*self._kept.values()]))
        except OSError as error:
            log.warning("PINs of clerks are kept in memory only: %s", causes.why(error))


def delay_s(failures: int) -> float:
    """How long to wait after so many wrong ones, in seconds."""
    if failures < FREE_FAILURES:
        return 0.0
    # Beyond 30 the power has no use, because the longest wait is reached long before.
    return min(DELAY_S * 2.0 ** min(failures - FREE_FAILURES, 30), DELAY_S_MAX)


def _read(path: Path) -> dict[bytes, _KeptPin]:
    """What the file has; a damaged one has nothing."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=list[_KeptPin])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {bytes.fromhex(one.clerk): one for one in found}
