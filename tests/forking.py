"""Our programs as processes that are forked from one which has imported them already.

A program takes most of a second to import what it needs, and the tests start some hundred of them.
A forked one begins where that has been done; from there on it is a process like any other, with a
command line, an environment and an exit status of its own. Tests of how a program starts do not use
this, and neither do programs of other versions.
"""

from __future__ import annotations

import asyncio
import functools
import io
import multiprocessing
import os
import runpy
import signal
import sys
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Windows has none
    from multiprocessing.context import ForkServerContext, ForkServerProcess


@functools.cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [__name__, "coordinator.cli.main", "coordinator.cli.conflicts", "node.cli.main"]
    )
    return context


class Forked:
    """A program that runs; it has what tests use of `asyncio.subprocess.Process`."""

    def __init__(
        self,
        process: ForkServerProcess,
        stdout: asyncio.StreamReader | None,
        stderr: asyncio.StreamReader,
    ) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self.returncode: int | None = None
        self.stdout = stdout
        self.stderr = stderr
        self._process = process
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(process.sentinel, self._end)

    def _end(self) -> None:
        self._loop.remove_reader(self._process.sentinel)
        self._process.join()
        self.returncode = self._process.exitcode
        self._process.close()
        self._ended.set()

    async def wait(self) -> int:
        """Wait until it has ended; returns its exit status."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        """Read what it prints and logs until it has ended."""
        assert self.stdout is not None
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err

    def send_signal(self, number: int) -> None:
        """Send it a signal; it must not have ended."""
        os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


async def start(
    module: str, *arguments: str, printed: bool, variables: Mapping[str, str]
) -> Forked:
    """Start one of our programs.

    Args:
        printed: what it prints can be read, else it goes where that of this process goes.
        variables: of the environment, besides those of this process.
    """
    err, err_end = await _pipe()
    out, out_end = await _pipe() if printed else (None, None)
    process = _server().Process(
        target=_run,
        args=(module, arguments, os.environ | variables, out_end, err_end),
        daemon=True,  # whoever forgets one at the end does not wait for it
    )
    process.start()
    for end in (out_end, err_end):
        if end is not None:
            end.close()
    return Forked(process, out, err)


async def _pipe() -> tuple[asyncio.StreamReader, Connection]:
    """What is read here, and the end that another process writes to."""
    source, end = os.pipe()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), io.FileIO(source)
    )
    return reader, Connection(end, readable=False)


def _run(
    module: str,
    arguments: tuple[str, ...],
    variables: dict[str, str],
    out: Connection | None,
    err: Connection,
) -> None:
    """Be that program: in the process that was forked."""
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    if out is not None:
        os.dup2(out.fileno(), 1)
        out.close()
    os.dup2(err.fileno(), 2)
    err.close()
    sys.argv[1:] = arguments
    # Those that were inherited believe that they write to what the server writes to.
    with (
        open(1, "w", closefd=False) as sys.stdout,
        open(2, "w", errors="backslashreplace", closefd=False) as sys.stderr,
    ):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
