"""Whether all that was said of the coordinator's record of acts is true of one record.

The coordinator signs the hash of its newest entries from time to time, as facts that every replica
keeps. A record that is made anew, or changed far back, has other hashes under the same numbers.
After a restore that is so too, and the record itself says from which entry on.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.model.facts import AuditHead


def fork(heads: Iterable[AuditHead]) -> int | None:
    """The first entry that two heads say differently, and no loss explains; None if all agree."""
    said: dict[int, dict[bytes, int]] = {}
    for head in heads:
        hashes = said.setdefault(head.number, {})
        hashes[head.hash] = max(hashes.get(head.hash, 0), head.since)
    return min((number for number, hashes in said.items() if _differ(number, hashes)), default=None)


def _differ(number: int, hashes: dict[bytes, int]) -> bool:
    """Whether more than one record has an entry of a number without saying that it was begun anew.

    Args:
        hashes: each that the entry was said to have, with where that record was begun anew.
    """
    return sum(not 0 < since <= number for since in hashes.values()) > 1
