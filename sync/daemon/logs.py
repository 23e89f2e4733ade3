"""The log of a daemon: on standard error, and in files that are rotated.

Each entry is one line: time with offset, level, logger, message. A foreseen error is written with
its code and its message, which says what to do. Of an unforeseen one the file keeps where it
happened, but not its text, because that may quote what somebody entered.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

from sync.errors import MrnmeshError
from sync.model import causes, typed

FILES: Final = 10
FILE_BYTES: Final = 5_000_000
LINES_MAX: Final = 30
"""Lines of one kind that are written within `WINDOW_S`."""

WINDOW_S: Final = 60.0
KINDS_MAX: Final = 1000
_QUOTABLE: Final = (MrnmeshError, sqlite3.Error)
"""Errors whose text is our own or the system's, without anything that was entered."""

log = logging.getLogger("mrnmesh.logs")


def begin(folder: Path, name: str, zone: tzinfo, hints: Callable[[str], str] = str) -> None:
    """From now on log to standard error and to ``name``.log in ``folder``, times in ``zone``.

    ``hints`` makes the commands that a line names such that they can be pasted.

    If the files cannot be written, that is said once and the log goes to standard error only.
    """
    shown = logging.StreamHandler(sys.stderr)
    shown.setFormatter(Lines(zone, hints, traces=False))
    handlers: list[logging.Handler] = [shown]
    trouble: OSError | None = None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handlers.append(Files(folder / f"{name}.log", Lines(zone, hints, traces=True)))
    except OSError as error:
        trouble = error
    repeats = Repeats()
    for handler in handlers:
        handler.addFilter(repeats)
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    if trouble is not None:
        _say_unwritable(folder, trouble)


class Lines(logging.Formatter):
    """Records as lines; ``traces`` says whether an unforeseen error is followed by its frames."""

    def __init__(self, zone: tzinfo, hints: Callable[[str], str], *, traces: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._zone = zone
        self._hints = hints
        self._traces = traces

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """ISO 8601 with milliseconds and offset."""
        when = datetime.fromtimestamp(record.created, self._zone)
        return when.isoformat(timespec="milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        """One line, and frames below it if they are wanted."""
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        lines = [self.formatMessage(record)]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            lines[0] = f"{lines[0]}: {error_text(error)}"
        lines[0] = self._hints(_one_entry(lines[0]))
        if error is not None and self._traces and not isinstance(error, MrnmeshError):
            lines += _frames(error)
        return "\n".join(line.replace("\r", " ") for line in lines)


def _one_entry(text: str) -> str:
    """A text of which no part looks like an entry of its own, and none moves a terminal's cursor.

    Some of it comes from other computers, as why one of them refuses to sync.
    """
    return "\n    ".join(map(typed.on_one_line, text.split("\n")))


def error_text(error: BaseException) -> str:
    """An error with its code, without anything that somebody entered."""
    if isinstance(error, MrnmeshError):
        return f"[{error.code}] {error}"
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"[{type(error).__name__}] {place}{causes.why(error)}"
    if isinstance(error, _QUOTABLE):
        return f"[{type(error).__name__}] {causes.without_value(error)}"
    return (
        f"[{type(error).__name__}] this was not foreseen; the log file says where it happened. "
        "Please report it"
    )


class Repeats(logging.Filter):
    """Lets only so many lines of one kind through, and says how many it has held back.

    Something that fails again and again, or a program that does one wrong thing a thousand times,
    would otherwise fill all log files within minutes, and what happened before would be gone.

    Args:
        clock: seconds that only go up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._kinds: dict[tuple[str, int, str], _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """True for a line that is written; its message then counts those that were not."""
        known: bool | None = getattr(record, "is_written", None)
        if known is None:  # several handlers ask about one record, which counts once
            known = record.is_written = self._is_written(record)
        return known

    def _is_written(self, record: logging.LogRecord) -> bool:
        now = self._clock()
        key = record.name, record.levelno, str(record.msg)
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= KINDS_MAX:
                self._kinds.clear()
            kind = self._kinds[key] = _Kind(now)
        if now - kind.since >= WINDOW_S:
            if kind.held:
                record.msg = f"{record.msg} ({kind.held:,} more lines like this were left out)"
            kind.since, kind.written, kind.held = now, 0, 0
        if kind.written >= LINES_MAX:
            kind.held += 1
            return False
        kind.written += 1
        return True


@dataclass
class _Kind:
    """Lines with one text, apart from the values in it."""

    since: float
    written: int = 0
    held: int = 0


class Files(RotatingFileHandler):
    """Ten files of 5 MB. A file that the system cannot rename is written on."""

    def __init__(self, path: Path, formatter: logging.Formatter) -> None:
        super().__init__(path, "a", FILE_BYTES, FILES - 1, encoding="utf-8")
        self.setFormatter(formatter)
        self._troubled = False

    def doRollover(self) -> None:
        """Begin a new file; on Windows a file that somebody reads cannot be renamed."""
        stream: Any = self.stream
        if stream is not None:
            stream.close()
        # Nobody waits for it here, because that may be the event loop: the next line goes on where
        # this ended. Only files below the first free name move, so that none is ever replaced but
        # the oldest.
        names = [self.baseFilename, *(f"{self.baseFilename}.{n + 1}" for n in range(FILES - 1))]
        free = next((n for n, name in enumerate(names) if not os.path.exists(name)), FILES - 1)
        with contextlib.suppress(OSError):
            for number in range(free, 0, -1):
                os.replace(names[number - 1], names[number])
        self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """Report once that lines are lost."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self._troubled:
            self._troubled = True
            _say_unwritable(Path(self.baseFilename).parent, error)


def _say_unwritable(folder: Path, error: OSError) -> None:
    log.warning(
        "log files cannot be written in %s (%s): the log goes to standard error only. Let this "
        "user write there, or choose another folder with log_folder",
        folder,
        causes.why(error),
    )


def _frames(error: BaseException) -> list[str]:
    """Where an error happened, and what it came from, without the texts of either."""
    lines = []
    cause: BaseException | None = error
    while cause is not None:
        lines.append(f"    {type(cause).__name__}")
        lines += [
            f"      {frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)
        ]
        cause = cause.__cause__ or cause.__context__
    return lines
