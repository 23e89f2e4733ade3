"""Telling at a terminal how far something is; pipes and logs get nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TextIO

from sync.backup_file import Tell


@contextlib.contextmanager
def progress(stream: TextIO | None = None) -> Iterator[Tell]:
    """Shows one line that is written over and is gone at the end.

    Args:
        stream: by default standard error.
    """
    out = stream or sys.stderr
    shown = ""

    def tell(step: str, done: int, total: int) -> None:
        nonlocal shown
        line = f"{step}: {100 * done // total if total else 100} %"
        if line != shown:
            out.write(f"\r{line:<{len(shown)}}")
            out.flush()
            shown = line

    def say_nothing(_step: str, _done: int, _total: int) -> None:
        pass

    if not out.isatty():
        yield say_nothing
        return
    try:
        yield tell
    finally:
        out.write(f"\r{'':<{len(shown)}}\r")
        out.flush()
