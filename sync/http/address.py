"""Where a daemon listens: a host of this computer and a port."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from sync.errors import BadConfig


class Address(NamedTuple):
    """A host of this computer and a port; port 0 is any free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, path: object = "") -> Address:
        """Return the address that ``HOST:PORT`` names; it must be on loopback.

        Args:
            path: the settings file that the text comes from, for the message of an error.

        Raises:
            BadConfig: the text is no address, or other computers could reach it.
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
