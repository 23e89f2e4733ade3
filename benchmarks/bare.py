"""A bare aiohttp process with the libraries of a node: what the node is compared with.

``/echo`` is a WebSocket that sends back what it gets, ``/send`` one that sends so many bytes.
"""

from __future__ import annotations

import asyncio
import os
import sys

import cryptography.hazmat.primitives.asymmetric.ed25519
import msgpack
import platformdirs
import pycrdt
from aiohttp import WSMsgType, web

from benchmarks.daemons import READY

LIBRARIES = (cryptography, msgpack, platformdirs, pycrdt)


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send back each message."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def send(request: web.Request) -> web.WebSocketResponse:
    """Send ``total`` bytes in messages of ``size``."""
    left, size = int(request.query["total"]), int(request.query["size"])
    data = os.urandom(size)
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    while left > 0:
        await socket.send_bytes(data[:left])
        left -= size
    await socket.close()
    return socket


async def nothing(_request: web.Request) -> web.Response:
    """An empty JSON object."""
    return web.json_response({})


async def serve() -> web.AppRunner:
    """Serve on a free port, the first of the runner's ``addresses``."""
    app = web.Application()
    app.add_routes([web.get("/", nothing), web.get("/echo", echo), web.get("/send", send)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


async def main() -> None:
    """Serve until killed, and tell where."""
    host, port = (await serve()).addresses[0][:2]
    print(f"bare: {READY} ws://{host}:{port}", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
