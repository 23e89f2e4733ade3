"""Telling at a terminal how far something is; pipes and logs get nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TextIO

from sync.cli.table import padded, width
from sync.upkeep.archive import Tell


class ProgressLine:
    """One line at a terminal that is written over again and again.

    Args:
        stream: by default standard error; one that is no terminal gets nothing.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = ""

    def show(self, text: str) -> None:
        """Show this instead of what is there."""
        if text != self._shown and self._stream.isatty():
            self._stream.write("\r" + padded(text, width(self._shown)))
            self._stream.flush()
            self._shown = text

    def clear(self) -> None:
        """Leave the line to others."""
        if self._shown:
            self._stream.write(f"\r{padded('', width(self._shown))}\r")
            self._stream.flush()
            self._shown = ""


@contextlib.contextmanager
def progress(stream: TextIO | None = None) -> Iterator[Tell]:
    """Shows how far each step is, on a `ProgressLine` that is gone at the end."""
    line = ProgressLine(stream)
    try:
        yield lambda step, done, total: line.show(
            f"{step}: {100 * done // total if total else 100} %"
        )
    finally:
        line.clear()
