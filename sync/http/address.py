"""Where a daemon listens: a host of this computer and a port."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from sync.errors import BadConfig
from sync.protocol.addresses import with_port


class Address(NamedTuple):
    """A host of this computer and a port; port 0 is any free one.

    0.0.0.0 and [::] are the same: all addresses of this computer, IPv4 and IPv6.
    """

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
        found = cls.anywhere(text, path)
        if not found.is_here:
            raise BadConfig(path=path, why=f"'{text}' is not on this computer; listen on 127.0.0.1")
        return found

    @classmethod
    def anywhere(cls, text: str, path: object = "") -> Address:
        """Return the address that ``HOST:PORT`` names, also one that other computers reach.

        Raises:
            BadConfig: the text is no address.
        """
        host, colon, port = text.rpartition(":")
        host = host.strip("[]").replace("%25", "%")  # as URLs write it (RFC 6874)
        if not colon or not port.isdecimal() or int(port) > 65535:
            raise BadConfig(path=path, why=f"'{text}' is not HOST:PORT")
        if host != "localhost":
            try:
                host = str(ipaddress.ip_address(host))  # the shortest form, which browsers send too
            except ValueError as error:
                why = f"'{text}' is not on this computer: write its address in numbers"
                raise BadConfig(path=path, why=why) from error
        return cls(host, int(port))

    @property
    def is_here(self) -> bool:
        """True when no other computer can reach it."""
        return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback

    @property
    def text(self) -> str:
        """``HOST:PORT``, as settings have it."""
        return with_port(self.host, self.port)

    @property
    def is_everywhere(self) -> bool:
        """True for all addresses of this computer."""
        return self.host != "localhost" and ipaddress.ip_address(self.host).is_unspecified

    @property
    def nearby(self) -> str:
        """``HOST:PORT`` by which this computer itself reaches it."""
        return with_port(self.near, self.port)

    @property
    def near(self) -> str:
        """The host by which this computer itself reaches it."""
        return "127.0.0.1" if self.is_everywhere else self.host
