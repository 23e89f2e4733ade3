"""What programs that are started from here do on Ctrl-C and SIGTERM."""

from __future__ import annotations

import signal
import sys
from typing import Final

_OF_PYTHON: Final = ("SIGPIPE", "SIGXFSZ")
"""Python ignores these by itself, and `subprocess` gives their defaults to what it starts."""


def give_defaults_to_children() -> None:
    """From now on a program that is started reacts to signals as the system has it.

    A signal that is ignored or blocked stays so in every program that is started: a shell that runs
    a script ignores SIGINT for what it starts in the background, and then Ctrl-C has no effect on
    anything below that. This program goes on ignoring what it ignores, but with a handler that does
    nothing, because handlers are not inherited. Call it on the main thread, as often as you like.
    """
    of_python = {getattr(signal, name, None) for name in _OF_PYTHON}
    for number in signal.valid_signals() - of_python:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _do_nothing)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _do_nothing(*_: object) -> None:
    pass
