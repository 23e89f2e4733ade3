"""How a daemon learns that it is to stop: SIGTERM, Ctrl-C, and their counterparts on Windows.

A program on Windows can send neither to another one that has no console, or another console. So a
daemon makes an event of the system there, named for its data folder: who sets it stops the daemon.
The system lets only the user who runs the daemon, and administrators, open it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
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
_EVENT_MODIFY_STATE: Final = 2
_ALREADY_EXISTS: Final = 183


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


async def until_stopped(stop: asyncio.Event, folder: Path) -> None:
    """Wait for the event of `listening`, or, on Windows, for `ask` by another process."""
    with _asked(folder) as is_asked:
        # Windows wakes the loop for a signal only when something else does.
        while not stop.is_set() and not is_asked():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WAKE_S if sys.platform == "win32" else None):
                    await stop.wait()


if sys.platform == "win32":
    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.CreateEventW.restype = _kernel.OpenEventW.restype = wintypes.HANDLE
    _kernel.SetEvent.argtypes = _kernel.CloseHandle.argtypes = [wintypes.HANDLE]
    _kernel.WaitForSingleObject.argtypes = [wintypes.HANDLE, wintypes.DWORD]

    def ask(folder: Path) -> None:
        """Ask the daemon of a data folder to stop, as Ctrl-C does; it ends some moments later.

        Raises:
            OSError: no daemon uses the folder, or this user may not stop it.
        """
        event = _kernel.OpenEventW(_EVENT_MODIFY_STATE, False, _event_name(folder))
        if not event:
            raise ctypes.WinError(ctypes.get_last_error())
        _kernel.SetEvent(event)
        _kernel.CloseHandle(event)

    @contextlib.contextmanager
    def _asked(folder: Path) -> Iterator[Callable[[], bool]]:
        """Whether somebody has asked the daemon of this data folder to stop."""
        event = _kernel.CreateEventW(None, True, False, _event_name(folder))
        if event and ctypes.get_last_error() == _ALREADY_EXISTS:
            _kernel.CloseHandle(event)  # somebody else has made it, and could stop this daemon
            event = None
        try:
            yield lambda: bool(event) and _kernel.WaitForSingleObject(event, 0) == 0
        finally:
            if event:
                _kernel.CloseHandle(event)

    def _event_name(folder: Path) -> str:
        path = str(folder.resolve()).casefold().encode()
        return f"Global\\mrnmesh-stop-{blake2b(path, digest_size=16).hexdigest()}"

else:

    @contextlib.contextmanager
    def _asked(_folder: Path) -> Iterator[Callable[[], bool]]:
        """Nobody can ask: elsewhere there is SIGTERM."""
        yield lambda: False


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
