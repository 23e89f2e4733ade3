"""``run``: a daemon in the foreground, and how one that cannot go on ends."""

import re
import subprocess
import sys

import pytest

from tests.daemons.commands import live
from tests.folders import new_desk

__all__ = ["live"]

SCRIPT = """\
import sqlite3, sys
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from sync.cli.running import run_daemon
from sync.daemon.daemons import NODE
from sync.errors import CannotListen
from sync.http.address import Address

async def daemon(error):
    if error is not None:
        raise error

folder = Path(sys.argv[1])
here = Address("127.0.0.1", 1)
settings = SimpleNamespace(
    folder=folder,
    log_folder=folder,
    zone=ZoneInfo("Asia/Karachi"),
    url="http://127.0.0.1:1",
    listen=here,
    sync_listen=here,
)
for error in (
    None,
    CannotListen(address="127.0.0.1:1", why="in use"),
    sqlite3.OperationalError("disk I/O error"),
    OSError(28, "No space left on device"),
    RuntimeError("Amna, 03001234567"),
):
    print(run_daemon(NODE, settings, daemon(error)))
"""


def test_a_daemon_that_cannot_go_on_says_why_in_one_line_on_the_console_and_in_its_log(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, check=False
    )
    assert done.stdout.split() == [b"0", b"1", b"1", b"1", b"1"]
    shown = done.stderr.decode().splitlines()
    for line, said in zip(
        shown,
        (
            "[cannot_listen] The daemon cannot listen at 127.0.0.1:1: in use.",
            f"[store_fails] The database in {tmp_path} cannot be used: disk I/O error.",
            "[file_fails] A file or folder cannot be used: the disk is full. Free some space, then",
            "[RuntimeError] this was not foreseen; the log file says where it happened.",
        ),
        strict=True,
    ):
        assert f" CRITICAL mrnmesh: the daemon ends: {said}" in line
    logged = (tmp_path / "node.log").read_text(encoding="utf-8")
    assert [line for line in logged.splitlines() if line[0] != " "] == shown
    assert re.search(r":\d+ daemon$", logged, re.MULTILINE), "where it happened"
    assert "Amna" not in logged, "an unforeseen error may quote what somebody entered"


STUCK = (
    SCRIPT.partition("folder = Path")[0]
    + """\
import asyncio, atexit, logging, threading
from sync.cli import running

folder = Path(sys.argv[1])
how, error = sys.argv[2], eval(sys.argv[3])
running.THREADS_S_MAX = 0.1 if how == "never" else 60.0
begun, go_on = threading.Event(), threading.Event()
settings = SimpleNamespace(folder=folder, log_folder=folder, zone=ZoneInfo("Asia/Karachi"))

def look_at_a_disk_that_does_not_answer():
    begun.set()
    go_on.wait()
    print("it has answered")

async def stuck():
    looking = asyncio.create_task(asyncio.to_thread(look_at_a_disk_that_does_not_answer))
    while not begun.is_set():
        await asyncio.sleep(0)
    looking.cancel()
    logging.getLogger("mrnmesh").info("all is closed")
    if how != "never":
        asyncio.get_running_loop().call_soon(go_on.set)
    if error is not None:
        raise error

print("it begins")
atexit.register(lambda: print("an ordinary end"))
sys.exit(run_daemon(NODE, settings, stuck()))
"""
)


@pytest.mark.parametrize(
    ("error", "status"), [("None", 0), ("RuntimeError()", 1), ("OSError(28, 'full')", 1)]
)
def test_what_never_ends_on_a_thread_holds_up_no_daemon_that_has_closed_everything(
    tmp_path, error, status
):
    done = subprocess.run(
        [sys.executable, "-c", STUCK, str(tmp_path), "never", error],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (status, "it begins\n")
    logged = (tmp_path / "node.log").read_text(encoding="utf-8")
    assert "all is closed" in logged
    (line,) = [line for line in logged.splitlines() if "still waits" in line]
    assert "look_at_a_disk_that_does_not_answer" in line


def test_what_ends_soon_on_a_thread_is_waited_for(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", STUCK, str(tmp_path), "soon", "None"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["it begins", "it has answered", "an ordinary end"]
    assert "Error" not in done.stderr
    assert "still" not in done.stderr


def test_a_daemon_whose_port_is_taken_names_who_has_it_and_whose_settings_say_so(live, tmp_path):
    mine = live.desk.daemon.config
    other = new_desk(tmp_path, listen=mine.url.removeprefix("http://"))
    arguments = [sys.executable, "-m", "node.cli", "run", "--data", str(other)]
    done = subprocess.run(arguments, capture_output=True, check=False, text=True)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "cannot_listen" in line]
    assert f"The daemon at {mine.url} is LAB1-PC." in line
    shown = live.run_node(other, "doctor")
    assert shown.status == 1
    assert f"at {mine.url} is another daemon: LAB1-PC" in shown.out
