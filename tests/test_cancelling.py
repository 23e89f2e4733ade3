"""A task that is cancelled ends: a daemon that is told to stop waits for all of its tasks.

`asyncio.wait_for` of Python 3.11 forgets that it was cancelled if what it waits for has just come
(CPython gh-86296, mended in 3.12), and a job that goes on is waited for without an end.
`asyncio.timeout` does not.

What waits on a thread cannot be cancelled at all. So no name is looked up on the threads of
`asyncio.to_thread`, which a loop waits for at its end.
"""

from __future__ import annotations

import ast

import pytest

from tests.test_layers import PACKAGES, sources

CAUGHT = frozenset({"CancelledError", "BaseException", ""})


def goes_on(source: str) -> list[str]:
    """Where a source may go on although it was cancelled."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            suppressed = {ast.unparse(one).rpartition(".")[2] for one in node.args}
            if called == "wait_for" or (called == "suppress" and suppressed & CAUGHT):
                found.append(ast.unparse(node))
        elif (
            isinstance(node, ast.ExceptHandler)
            and caught(node) & CAUGHT
            and not isinstance(node.body[-1], ast.Raise)
        ):
            found.append(ast.unparse(node))
    return found


def caught(handler: ast.ExceptHandler) -> set[str]:
    """The names of what a handler catches, "" for everything."""
    if handler.type is None:
        return {""}
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(one).rpartition(".")[2] for one in types}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_code_goes_on_when_it_was_cancelled(package):
    found = {path.as_posix(): goes_on(source) for path, source in sources(package).items()}
    assert {path: where for path, where in found.items() if where} == {}


@pytest.mark.parametrize(
    "source",
    [
        "async def f(): await asyncio.wait_for(many, 2)",
        "async def f():\n  try: await x\n  except asyncio.CancelledError: pass",
        "async def f():\n  try: await x\n  except (OSError, BaseException): return 1",
        "async def f():\n  try: await x\n  except: log.error('x')",
        "with contextlib.suppress(OSError, CancelledError): await x",
    ],
)
def test_such_code_is_seen(source):
    assert goes_on(source)


@pytest.mark.parametrize(
    "source",
    [
        "async def f():\n  async with asyncio.timeout(2): await x",
        "async def f():\n  try: await x\n  except BaseException:\n    close()\n    raise",
        "async def f():\n  try: await x\n  except Exception: pass",
    ],
)
def test_other_code_is_let_through(source):
    assert not goes_on(source)


PLACE = "sync/network/waiting.py"
"""The threads on which names are looked up, and the only clients for HTTP: they use these."""
USES_THEM = frozenset({"ClientSession", "TCPConnector", "request", "SMTP", "SMTP_SSL"})
NAMES = frozenset({"getaddrinfo", "getnameinfo"})


def lookups(source: str) -> list[str]:
    """Where a source makes something that looks names up by itself, or has the loop look one up."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            owner, _, called = ast.unparse(node.func).rpartition(".")
            makes = called in USES_THEM and owner in ("", "aiohttp", "smtplib")
            if makes or (called in NAMES and owner != "socket"):
                found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_what_waits_for_a_network_holds_up_no_end(package):
    found = {path.as_posix(): lookups(source) for path, source in sources(package).items()}
    elsewhere = {path: calls for path, calls in found.items() if calls and path != PLACE}
    assert elsewhere == {}


@pytest.mark.parametrize(
    "source",
    [
        "async with aiohttp.ClientSession(timeout=timeout) as http: pass",
        "client = ClientSession()",
        "aiohttp.TCPConnector(limit=1)",
        "aiohttp.request('GET', url)",
        "smtplib.SMTP_SSL(host, 465)",
        "await loop.getaddrinfo(host, 443)",
    ],
)
def test_such_a_lookup_is_seen(source):
    assert lookups(f"async def f():\n  {source}")
