"""The write-ahead log (WAL) frame by frame, also behind a fault, where SQLite does not look.

SQLite reads a WAL up to the first frame whose checksum is wrong. It takes what lies behind for what
a power cut has left of the last transaction, and overwrites it. But each transaction is synced
before the next one begins (``synchronous=FULL``), so a power cut can tear one only. Where a frame
is whole behind a fault, and is of a later transaction than that one, the fault is of the disk, and
what lies behind it was told before.

A frame is whole if its checksum, which goes on from that of the frame before, is right. What is
left of transactions that failed, or of before the WAL was begun anew, can be whole too, but knows
of no transaction that SQLite does not read. So by two signs a frame is known to be of a later one:

1. By the number of commits in it (``commits`` in the table ``meta``, which every transaction of the
   writer raises by one, or by more than `IDS_SKIPPED` where the database was set back): another
   frame knows another number that SQLite does not read, or it lies further ahead than by one.
2. Some number is one that SQLite does not read, and a frame follows on a whole one that ends a
   transaction: that one was synced before.

The format: https://sqlite.org/fileformat2.html#walformat
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, NamedTuple

from sync.storage.local import IDS_SKIPPED

_HEADER: Final = struct.Struct(">4I8s2I")
"""Magic number, version of the format, bytes of a page, checkpoints, salts, checksum."""
_FRAME: Final = struct.Struct(">2I8s2I")
"""Page, size of the database or 0, salts, checksum."""
_SUMMED_BYTES: Final = 8
"""So much of the head of a frame is in its checksum, and then its page."""
_SUMMED_HEADER_BYTES: Final = 24
_MAGIC: Final = 0x377F0682
"""Checksums are of little-endian words; after the next number they are of big-endian ones."""
_FORMAT: Final = 3007000
_WORD: Final = 0xFFFFFFFF
_PAGE_SIZE_AT: Final = 16
_LARGEST_PAGE: Final = 65536

_CELLS_AT: Final = MappingProxyType({2: (12, 4), 10: (8, 0)})
"""By the kind of a page with rows of a table WITHOUT ROWID, as ``meta`` is one: where it says
where they are, and how much stands before each of them."""
_COMMITS: Final = b"commits"
_ROW: Final = b"\x03" + bytes([13 + 2 * len(_COMMITS)])
"""How long the head of that row is, and of which kind its key; the kind of its value comes next."""
_INTEGER_BYTES: Final = MappingProxyType({1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8})
_CONSTANTS: Final = MappingProxyType({8: 0, 9: 1})
"""Kinds of integers that have no bytes, and their values."""


class Sum(NamedTuple):
    """The two halves of a checksum."""

    first: int
    second: int


class _Header(NamedTuple):
    """``order`` is that of the bytes in words; the checksum of frame 0 goes on from ``total``."""

    order: str
    salts: bytes
    total: Sum
    is_whole: bool


class _Frame(NamedTuple):
    """A frame of a WAL.

    ``size`` is that of the database in pages after the transaction which this frame ends, 0 if it
    ends none. ``commits`` is the number that its page has, None for a page without it.
    """

    page: int
    size: int
    salts: bytes
    is_whole: bool
    commits: int | None


class Unread(NamedTuple):
    """What SQLite does not read of a WAL.

    ``commits`` is the highest number of a transaction that is known from it. With the frame ``end``
    that transaction ends, or the last one that does; None if none does. The first frame is 0.
    """

    commits: int
    end: int | None


def page_size(database: Path) -> int:
    """In bytes, as the header of a database has it; 0 if that is none.

    Raises:
        OSError: it cannot be read.
    """
    with database.open("rb") as file:
        header = file.read(_PAGE_SIZE_AT + 2)
    if len(header) < _PAGE_SIZE_AT + 2:
        return 0
    size = int.from_bytes(header[_PAGE_SIZE_AT:])
    return _LARGEST_PAGE if size == 1 else size


def unread(wal: Path, page_bytes: int, known: int) -> Unread | None:
    """What lies behind a fault of the disk; None if nothing does.

    Args:
        page_bytes: see `page_size`.
        known: the number of a commit that SQLite reads, best that of the newest.

    Raises:
        OSError: it cannot be read.
    """
    with wal.open("rb") as file:
        # Nearly always SQLite reads all of it, and then no checksum need be computed.
        numbers = (_commits_in(page) or 0 for _, page in _pieces(file, page_bytes))
        if max(numbers, default=0) <= known:
            return None
        header, frames = _walk(file, page_bytes)
    return _behind(header, frames, known)


def mend(wal: Path, target: Path, page_bytes: int, end: int) -> None:
    """Copy a WAL up to the frame ``end``, with checksums by which SQLite reads all of it.

    A frame of which not even the page can be known is left out. Of one that is not whole nothing is
    taken but page and content, which may be what is wrong with it.

    Raises:
        OSError: it cannot be read or written.
    """
    with wal.open("rb") as file, target.open("xb") as mended:
        header, frames = _walk(file, page_bytes)
        last = frames[end]
        order = header.order
        magic = _MAGIC + (order == ">")
        summed = _HEADER.pack(magic, _FORMAT, page_bytes, 0, last.salts, 0, 0)
        total = _sum(order, summed[:_SUMMED_HEADER_BYTES], Sum(0, 0))
        mended.write(summed[:_SUMMED_HEADER_BYTES] + struct.pack(">2I", *total))
        for frame, (_, page) in zip(frames[: end + 1], _pieces(file, page_bytes), strict=False):
            if not 0 < frame.page <= last.size:
                continue
            size = frame.size if frame.is_whole else 0
            head = _FRAME.pack(frame.page, size, last.salts, 0, 0)
            total = _sum(order, head[:_SUMMED_BYTES] + page, total)
            mended.write(_FRAME.pack(frame.page, size, last.salts, *total) + page)


def _behind(header: _Header, frames: list[_Frame], known: int) -> Unread | None:
    """See `unread`; the two signs are those of the module."""
    fault = 0
    if header.is_whole:
        is_read = [one.is_whole and one.salts == header.salts for one in frames]
        fault = is_read.index(False) if False in is_read else len(frames)
    ends = [index for index, one in enumerate(frames[:fault]) if one.size]
    read = frames[: ends[-1] + 1] if ends else []
    known = max(known, *(one.commits or 0 for one in read), 0)
    behind = [
        (index, one)
        for index, one in enumerate(frames[fault:], fault)
        # Without a header that can be trusted it is not known which salts are those of now.
        if one.is_whole and (one.salts == header.salts or not header.is_whole)
    ]
    numbers = {one.commits for _, one in behind if one.commits is not None and one.commits > known}
    if not numbers:
        return None
    newest = max(numbers)
    follows_a_whole_one = header.is_whole and any(
        one.size and following == index + 1
        for (index, one), (following, _) in itertools.pairwise(behind)
    )
    is_later = len(numbers) > 1 or 1 < newest - known < IDS_SKIPPED
    if not (follows_a_whole_one or is_later):
        return None
    begins = min(index for index, one in behind if one.commits == newest)
    ends = [index for index, one in behind if one.size]
    end = next((index for index in ends if index >= begins), ends[-1] if ends else None)
    return Unread(newest, end)


def _walk(file: BinaryIO, page_bytes: int) -> tuple[_Header, list[_Frame]]:
    header = _read_header(file, page_bytes)
    frames = list(_frames(file, page_bytes, header))
    if not header.is_whole and not any(one.is_whole for one in frames):
        # What has changed in the header may be the order of bytes.
        header = header._replace(order=">" if header.order == "<" else "<")
        frames = list(_frames(file, page_bytes, header))
    return header, frames


def _read_header(file: BinaryIO, page_bytes: int) -> _Header:
    file.seek(0)
    data = file.read(_HEADER.size).ljust(_HEADER.size, b"\0")
    magic, version, size, _, salts, *total = _HEADER.unpack(data)
    order = ">" if magic == _MAGIC + 1 else "<"
    found = Sum(*total)
    is_whole = (
        magic in (_MAGIC, _MAGIC + 1)
        and (version, size) == (_FORMAT, page_bytes)
        and _sum(order, data[:_SUMMED_HEADER_BYTES], Sum(0, 0)) == found
    )
    return _Header(order, salts, found, is_whole)


def _pieces(file: BinaryIO, page_bytes: int) -> Iterator[tuple[bytes, bytes]]:
    """The head and the page of each frame that has all of its bytes."""
    file.seek(_HEADER.size)
    while len(piece := file.read(_FRAME.size + page_bytes)) == _FRAME.size + page_bytes:
        yield piece[: _FRAME.size], piece[_FRAME.size :]


def _frames(file: BinaryIO, page_bytes: int, header: _Header) -> Iterator[_Frame]:
    total = header.total
    for head, page in _pieces(file, page_bytes):
        number, size, salts, *stored = _FRAME.unpack(head)
        found = Sum(*stored)
        is_whole = _sum(header.order, head[:_SUMMED_BYTES] + page, total) == found
        yield _Frame(number, size, salts, is_whole, _commits_in(page))
        total = found  # also where it is wrong: what follows may be whole all the same


def _sum(order: str, data: bytes, total: Sum) -> Sum:
    """The checksum of SQLite, which goes on from one before."""
    first, second = total
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for word, next_word in zip(words, words, strict=True):
        first = (first + word + second) & _WORD
        second = (second + next_word + first) & _WORD
    return Sum(first, second)


def _commits_in(page: bytes) -> int | None:
    """The number of commits in a page of ``meta``; None if it is not in this page."""
    if _COMMITS not in page or page[0] not in _CELLS_AT:
        return None
    pointers_at, before = _CELLS_AT[page[0]]
    count = int.from_bytes(page[3:5])
    for at in range(pointers_at, pointers_at + 2 * count, 2):
        start = int.from_bytes(page[at : at + 2]) + before + 1  # behind the size of the row
        head = page[start : start + len(_ROW) + 1]
        key_at = start + len(head)
        if head[:-1] != _ROW or page[key_at : key_at + len(_COMMITS)] != _COMMITS:
            continue
        kind, value_at = head[-1], key_at + len(_COMMITS)
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        value = page[value_at : value_at + _INTEGER_BYTES.get(kind, 0)]
        return int.from_bytes(value, signed=True) if value else None
    return None
