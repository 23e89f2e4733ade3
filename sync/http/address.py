"""Where a daemon listens: a host of this computer and a port."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from sync.errors import BadConfig


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, path: object = "") -> Address:
        """An address from ``HOST:PORT``, on loopback only.

        Raises:
            BadConfig: it is no address, or others could reach it.
        """
        host, colon, port = text.rpartition(":")
        host = host.strip("[]")
        if not colon or not port.isdecimal() or int(port) > 65535:
            raise BadConfig(path=path, why=f"'{text}' is not HOST:PORT")
        if host != "localhost":
            try:
                loopback = ipaddress.ip_address(host).is_loopback
            except ValueError:
                loopback = False
            if not loopback:
                raise BadConfig(
                    path=path,
                    why=f"'{text}' is not on this computer; listen on 127.0.0.1 until the "
                    "connections are encrypted",
                )
        return cls(host, int(port))
