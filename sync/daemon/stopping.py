"""How a daemon learns that it is to stop: SIGTERM, Ctrl-C, and their counterparts on Windows."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

CLOSE_EVENT: Final = 2
LOGOFF_EVENT: Final = 5
SHUTDOWN_EVENT: Final = 6
FAREWELL_S_MAX: Final = 4.5
"""Windows ends a program 5 s after it closed its console, sooner if its handler returns."""
_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGBREAK")
_WAKE_S: Final = 0.5


@contextlib.contextmanager
def listening() -> Iterator[asyncio.Event]:
    """The event that says: stop.

    SIGTERM and Ctrl-C set it, on Windows also Ctrl-Break, log-off, shut-down and a closed console.
    SIGTERM does so whatever the process inherited. SIGINT does not where it was ignored at the
    start: so a shell starts what a script runs in the background, and Ctrl-C is for the foreground.
    Entered before a daemon opens anything and left when all is closed, so that it is never ended in
    the middle of either: Windows is kept waiting until then.
    """
    stop, ended = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def tell(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    for number in (getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)):
        if number == signal.SIGINT and signal.getsignal(number) is signal.SIG_IGN:
            continue
        try:
            loop.add_signal_handler(number, tell)
        except NotImplementedError:
            signal.signal(number, tell)
    with _console(lambda event: farewell(event, tell, ended)):
        try:
            yield stop
        finally:
            ended.set()


async def until_stopped(stop: asyncio.Event) -> None:
    """Wait for the event of `listening`."""
    # Windows wakes the loop for a signal only when something else does.
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _WAKE_S if sys.platform == "win32" else None)


def farewell(
    event: int,
    tell: Callable[[], None],
    ended: threading.Event,
    limit_s: float = FAREWELL_S_MAX,
) -> bool:
    """Answer an event of a Windows console; False leaves it to whoever else listens.

    The system ends the program when this returns True, so it does that when all is closed. It is
    called on a thread of its own.
    """
    if event not in (CLOSE_EVENT, LOGOFF_EVENT, SHUTDOWN_EVENT):
        return False
    tell()
    ended.wait(limit_s)
    return True


@contextlib.contextmanager
def _console(answer: Callable[[int], bool]) -> Iterator[None]:
    """Have ``answer`` called for the events of a Windows console; elsewhere there are none."""
    if sys.platform == "win32":
        handler = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)(answer)
        ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, True)
        try:
            yield
        finally:
            ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, False)
    else:
        yield
