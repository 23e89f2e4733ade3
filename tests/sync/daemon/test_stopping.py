"""How a daemon learns that it shall stop."""

import asyncio
import os
import signal
import sys
import threading

import pytest

from sync.daemon import stopping


@pytest.mark.skipif(sys.platform == "win32", reason="there the process would end")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_sets_the_event(number):
    with stopping.listening() as stop:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stopping.until_stopped(stop), 5)
    asyncio.get_running_loop().remove_signal_handler(number)


@pytest.mark.parametrize("event", [0, 1])
def test_ctrl_c_and_ctrl_break_are_left_to_their_signals(event):
    told = []
    assert not stopping.farewell(event, lambda: told.append(1), threading.Event())
    assert told == []


@pytest.mark.parametrize("event", [2, 5, 6])
def test_windows_waits_until_all_is_closed(event):
    """The console is closed, the user logs off, the computer is shut down."""
    ended, told = threading.Event(), threading.Event()
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(stopping.farewell(event, told.set, ended, 30))
    )
    asking.start()
    assert told.wait(5)
    assert answers == []
    ended.set()
    asking.join(5)
    assert answers == [True]


def test_windows_is_not_kept_waiting_for_ever():
    assert stopping.farewell(2, lambda: None, threading.Event(), 0.01)
