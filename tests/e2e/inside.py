"""Our programs on the hosts of a network, forked from one process that has imported them already.

What is run with ``python -m tests.e2e.inside`` reads from its standard input what to start and whom
to end, a line of JSON each, and answers in lines too. `Programs` talks to it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
END_S_MAX = 30.0
_PROGRAMS = ("coordinator.cli.main", "node.cli.main")
_NEW_NETWORK, _NEW_MOUNTS = 0x40000000, 0x00020000
_BIND, _SLAVE_BELOW, _DETACH = 4096, 1 << 19 | 1 << 14, 2
"""Constants of Linux, of which Python 3.11 has none."""


class Programs:
    """The process that is forked.

    Args:
        variables: of its environment, besides those of this process.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | variables,
        )

    def start(
        self, space: str, words: tuple[str, ...], variables: Mapping[str, str], out: Path, err: Path
    ) -> int:
        """Start a program in a namespace; its process id.

        Args:
            words: a module and its arguments.
            out: the file that it prints to; ``err``: the one that it logs to.
        """
        what = {"space": space, "words": words, "variables": os.environ | variables}
        return self._ask(what | {"out": str(out), "err": str(err)})

    def wait(self, pid: int) -> int:
        """Wait until one of them has ended by itself; its exit status."""
        return self._ask({"ends": pid, "signal": 0})

    def end(self, pid: int) -> int:
        """Ask one of them to end, and make it if it does not."""
        return self._ask({"ends": pid, "signal": signal.SIGTERM})

    def close(self) -> None:
        """End the process that is forked; those that it has started must have ended."""
        self._process.communicate()

    def _ask(self, what: dict[str, Any]) -> int:
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps(what).encode() + b"\n")
        asked.flush()
        return int(answers.readline())


def serve() -> None:
    """Start and end programs until nobody asks any more."""
    for name in _PROGRAMS:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        if "ends" in asked:
            answer = _ended(asked["ends"], asked["signal"])
        elif (answer := os.fork()) == 0:
            _be(**asked)
        print(answer, flush=True)


def _ended(pid: int, number: int) -> int:
    """The exit status of a program, which is sent a signal if it is to end now."""
    if number:
        os.kill(pid, number)
        ending = os.pidfd_open(pid)
        if not select.select([ending], [], [], END_S_MAX)[0]:
            os.kill(pid, signal.SIGKILL)
        os.close(ending)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _be(space: str, words: list[str], variables: dict[str, str], out: str, err: str) -> NoReturn:
    """Be that program: in the process that was forked."""
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    for number, path in ((0, os.devnull), (1, out), (2, err)):
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    status: object = 1
    with (
        open(1, "w", closefd=False) as sys.stdout,
        open(2, "w", errors="backslashreplace", closefd=False) as sys.stderr,
    ):
        try:
            _enter(space)
            sys.argv[1:] = words[1:]
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            status = ended.code
        except BaseException:
            traceback.print_exc()
    os._exit(status if isinstance(status, int) else 1)


def _enter(space: str) -> None:
    """Go where `ip netns exec` goes: the network, and the files of /etc that are its own."""
    libc = ctypes.CDLL(None, use_errno=True)

    def require(status: int) -> None:
        if status:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def mount(source: str, target: str, kind: str, flags: int) -> None:
        words = (source.encode(), target.encode(), kind.encode())
        require(libc.mount(*words, ctypes.c_ulong(flags), None))

    with Path("/run/netns", space).open("rb") as file:
        require(libc.setns(file.fileno(), _NEW_NETWORK))
    require(libc.unshare(_NEW_MOUNTS))
    mount("", "/", "none", _SLAVE_BELOW)
    with contextlib.suppress(OSError):  # it is not there
        require(libc.umount2(b"/sys", _DETACH))
    mount(space, "/sys", "sysfs", 0)
    for file in Path("/etc/netns", space).iterdir():
        mount(str(file), f"/etc/{file.name}", "none", _BIND)


if __name__ == "__main__":
    serve()
