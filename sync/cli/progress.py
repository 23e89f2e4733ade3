"""Progress on a line of a terminal; a pipe or a file gets nothing."""

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
        stream: standard error by default; if it is no terminal, nothing is written.
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
        """Clear the line, so that something else can be printed."""
        if self._shown:
            self._stream.write(f"\r{padded('', width(self._shown))}\r")
            self._stream.flush()
            self._shown = ""


@contextlib.contextmanager
def progress(stream: TextIO | None = None) -> Iterator[Tell]:
    """Shows the progress of each step on a `ProgressLine`, which is cleared at the end."""
    line = ProgressLine(stream)
    try:
        yield lambda step, done, total: line.show(
            f"{step}: {100 * done // total if total else 100} %"
        )
    finally:
        line.clear()
