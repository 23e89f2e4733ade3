"""How the programs of a clinic are started as processes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from examples import signals

NO_VARIABLES: Final[Mapping[str, str]] = MappingProxyType({})


class Program(Protocol):
    """One that was started: this much of `asyncio.subprocess.Process`."""

    stderr: asyncio.StreamReader | None

    @property
    def returncode(self) -> int | None:
        """Its exit status, None while it runs."""

    async def wait(self) -> int:
        """Wait until it has ended; returns its exit status."""

    async def communicate(self) -> tuple[bytes, bytes]:
        """Wait until it has ended; returns what it printed and what it logged."""

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal; it must not have ended."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it at once."""


class Starter(Protocol):
    """Starts a program of this version."""

    async def __call__(
        self, module: str, *arguments: str, printed: bool, variables: Mapping[str, str]
    ) -> Program:
        """See `start`."""


def where_code_is(source: Path | None) -> dict[str, Any]:
    """How to start a Python process so that it imports our packages from the folder ``source``.

    Without ``source`` it imports what this process imports. An installed version loses against
    both the variable and the working directory, which Python searches first of all.
    """
    if source is None:
        return {}
    return {"cwd": source, "env": os.environ | {"PYTHONPATH": str(source)}}


async def from_the_beginning(
    module: str,
    *arguments: str,
    printed: bool,
    variables: Mapping[str, str],
    source: Path | None = None,
) -> Program:
    """Start a program as the installed commands do; see `start`."""
    signals.give_defaults_to_children()
    how = where_code_is(source)
    how["env"] = how.get("env", os.environ) | variables
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdout=asyncio.subprocess.PIPE if printed else None,
        stderr=asyncio.subprocess.PIPE,
        **how,
    )


class _Usual:
    starter: Starter = staticmethod(from_the_beginning)


def start_by(starter: Starter) -> None:
    """From now on, start programs of this version in another way: tests have one that is faster."""
    _Usual.starter = staticmethod(starter)


async def start(
    module: str,
    *arguments: str,
    printed: bool,
    variables: Mapping[str, str] = NO_VARIABLES,
    source: Path | None = None,
) -> Program:
    """Start one of our programs; what it logs can be read.

    Args:
        printed: what it prints can be read, else it goes where that of this process goes.
        variables: of the environment, besides those of this process.
        source: see `where_code_is`.
    """
    if source is None:
        return await _Usual.starter(module, *arguments, printed=printed, variables=variables)
    return await from_the_beginning(
        module, *arguments, printed=printed, variables=variables, source=source
    )
