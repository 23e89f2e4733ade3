"""Marks of thousands of ranges, packed: a slot of the file has a fixed size.

A desk that gets its numbers in small blocks has thousands of ranges after some years. The names of
ranges, which are their texts, take nearly all the room then. So with many of them the marks of
ranges are written as numbers, one column after the other, and compressed. Nothing is left out: of
a range that is used up too, an older copy of the database may think that nothing was ever issued.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import msgpack

PLAIN_MAX: Final = 1_000
"""Up to so many marks are written as they are, as version 0.2.0 reads them."""
BELOW: Final = " below"
"""Behind the text of a range: the name of how many numbers below its mark were supplied."""

_RANGE: Final = re.compile("([1-9][0-9]{0,9})-([1-9][0-9]{0,9})")
_RANGES: Final = "ranges"


def packed(marks: Mapping[str, int]) -> dict[str, Any]:
    """Marks by their names, as they are written."""
    if len(marks) <= PLAIN_MAX:
        return {**marks}
    rest, found = {**marks}, []
    for name in marks:
        match = _RANGE.fullmatch(name)
        if match is not None:
            start, end = int(match[1]), int(match[2])
            # A range that is used up has nothing left, and ranges have few sizes: short numbers.
            below = rest.pop(f"{name}{BELOW}", None)
            found.append((start, end - start, end - rest.pop(name), below))
    found.sort()
    starts = [start for start, *_ in found]
    gaps = [start - before for before, start in pairwise([0, *starts])]
    columns = [gaps, *([row[at] for row in found] for at in (1, 2, 3))]
    return {**rest, _RANGES: zlib.compress(msgpack.packb(columns), level=1)}


def unpacked(written: Mapping[str, Any]) -> dict[str, Any]:
    """What was written, by the names of the marks."""
    marks = {**written}
    data = marks.pop(_RANGES, None)
    if data is not None:
        start = 0
        for gap, more, left, below in zip(*msgpack.unpackb(zlib.decompress(data)), strict=True):
            start += gap
            name = f"{start}-{start + more}"
            marks[name] = start + more - left
            if below is not None:
                marks[f"{name}{BELOW}"] = below
    return marks
