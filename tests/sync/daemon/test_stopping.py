"""How a daemon learns that it shall stop."""

import asyncio
import os
import signal
import sys
import threading

import pytest

from sync.daemon import stopping

STOPPING = (signal.SIGTERM, signal.SIGINT)


@pytest.mark.skipif(sys.platform == "win32", reason="there the process would end")
@pytest.mark.parametrize("number", STOPPING)
async def test_a_signal_sets_the_event(number, tmp_path):
    with stopping.listening() as stop:
        os.kill(os.getpid(), number)
        await stopping.until_stopped(stop, tmp_path)
    asyncio.get_running_loop().remove_signal_handler(number)


@pytest.mark.skipif(sys.platform != "win32", reason="there is SIGTERM elsewhere")
async def test_another_process_can_ask_a_daemon_to_stop(tmp_path):
    with pytest.raises(FileNotFoundError):
        stopping.ask(tmp_path)
    waiting = asyncio.create_task(stopping.until_stopped(asyncio.Event(), tmp_path))
    await asyncio.sleep(0)
    code = (
        "import sys, pathlib; from sync.daemon import stopping;"
        "stopping.ask(pathlib.Path(sys.argv[1]))"
    )
    asking = await asyncio.create_subprocess_exec(sys.executable, "-c", code, tmp_path)
    assert await asking.wait() == 0
    await asyncio.wait_for(waiting, 30)
    with pytest.raises(FileNotFoundError):
        stopping.ask(tmp_path)


@pytest.fixture
def in_the_background():
    """The signals as a daemon inherits them that nobody in front of a terminal is to stop."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOPPING}
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    yield
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is inherited there")
async def test_ctrl_c_does_not_reach_the_background_and_sigterm_does(in_the_background, tmp_path):
    with stopping.listening() as stop:
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        os.kill(os.getpid(), signal.SIGTERM)
        await stopping.until_stopped(stop, tmp_path)
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)


@pytest.mark.parametrize("event", [0, 1])
def test_ctrl_c_and_ctrl_break_are_left_to_their_signals(event):
    noticed = []
    assert not stopping.farewell(event, lambda: noticed.append(1), threading.Event())
    assert noticed == []


@pytest.mark.parametrize("event", [2, 5, 6])
def test_windows_waits_until_all_is_closed(event):
    """The console is closed, the user logs off, the computer is shut down."""
    ended, noticed = threading.Event(), threading.Event()
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(stopping.farewell(event, noticed.set, ended, 60))
    )
    asking.start()
    assert noticed.wait(60)
    assert answers == []
    ended.set()
    asking.join(60)
    assert answers == [True]


def test_windows_is_not_kept_waiting_for_ever():
    assert stopping.farewell(2, lambda: None, threading.Event(), 0.01)
