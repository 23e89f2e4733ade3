"""Programs that examples, benchmarks and tests start hear the signals that are sent to them."""

import subprocess
import sys

import pytest

STARTS_ANOTHER = """
import os, signal, subprocess, sys
from examples import signals

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
signals.give_defaults_to_children()
os.kill(os.getpid(), signal.SIGINT)
print("it goes on", flush=True)
sys.exit(subprocess.run([sys.executable, "-c", sys.argv[1]]).returncode)
"""
TELLS = """
import signal
ignored = [one for one in signal.valid_signals() if signal.getsignal(one) is signal.SIG_IGN]
print(sorted(one.name for one in ignored), signal.pthread_sigmask(signal.SIG_BLOCK, ()))
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
signal.raise_signal(signal.SIGTERM)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="its signals are of Unix")
def test_what_a_program_ignores_its_children_do_not():
    done = subprocess.run(
        [sys.executable, "-c", STARTS_ANOTHER, TELLS], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["it goes on", "['SIGPIPE', 'SIGXFSZ'] set()", "True"]
    assert done.returncode == 256 - 15, "SIGTERM ended it, and its end was not ignored either"
