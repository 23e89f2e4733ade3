"""By which address other computers reach this one, as far as this one can tell."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Final

_TELLS_RUNNING: Final = sys.platform == "linux"
if sys.platform == "linux":
    import fcntl

_ANYWHERE: Final = "192.0.2.1"
"""An address for documentation (RFC 5737): no packet is sent to it to find out our own."""
_SIOCGIFADDR: Final = 0x8915
"""Of Linux: the address of an interface."""
_SIOCGIFFLAGS: Final = 0x8913
"""Of Linux: whether an interface is up, and has a cable or another end."""
_IFF_RUNNING: Final = 0x40
_NAME_BYTES_MAX: Final = 15


def likely_host() -> str:
    """The address of this computer in its network, or else its name.

    Many clinics have no way to the internet, so that the system has no address to prefer. Then the
    first one counts that is not for this computer alone.
    """
    for found in (*_towards_the_internet(), *_of_interfaces(), *_of_the_name()):
        if _is_of_network(found):
            return found
    return socket.gethostname()


def own() -> frozenset[str]:
    """The IPv4 addresses of this computer that the system tells, 127.0.0.1 among them."""
    found = (*_towards_the_internet(), *_of_interfaces(), *_of_the_name())
    return frozenset({"127.0.0.1", *found})


def reached_at(host: str) -> tuple[str, ...]:
    """Where other computers may reach a program that listens at a host, the likeliest first."""
    found = in_network()
    if ipaddress.ip_address(host).is_unspecified:
        return found
    return tuple(one for one in found if one == host)


def in_network() -> tuple[str, ...]:
    """The IPv4 addresses by which other computers may reach this one now, the likeliest first.

    On Linux those of interfaces without a cable or another end are left out; elsewhere the system
    takes such addresses away itself.
    """
    running = set(_of_interfaces(running=True))
    others = sorted(running) if _TELLS_RUNNING else _of_the_name()
    found = dict.fromkeys((*_towards_the_internet(), *others))
    return tuple(
        one for one in found if _is_of_network(one) and (one in running or not _TELLS_RUNNING)
    )


def _is_of_network(found: str) -> bool:
    address = ipaddress.ip_address(found)
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _towards_the_internet() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, contextlib.suppress(OSError):
        line.connect((_ANYWHERE, 9))
        yield str(line.getsockname()[0])


def _of_interfaces(running: bool = False) -> list[str]:
    """The IPv4 addresses of all interfaces, or of those that run, where the system tells them."""
    found: list[str] = []
    if sys.platform == "linux":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            for _, name in socket.if_nameindex():
                asked = struct.pack("256s", name.encode()[:_NAME_BYTES_MAX])
                with contextlib.suppress(OSError):  # it has none
                    flags = fcntl.ioctl(line.fileno(), _SIOCGIFFLAGS, asked)[16:18]
                    if running and not struct.unpack("H", flags)[0] & _IFF_RUNNING:
                        continue
                    answer = fcntl.ioctl(line.fileno(), _SIOCGIFADDR, asked)
                    found.append(socket.inet_ntoa(answer[20:24]))
    return found


def _of_the_name() -> Iterator[str]:
    """What the name of this computer stands for; on Windows these are its addresses."""
    with contextlib.suppress(OSError, UnicodeError):
        for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
            yield str(info[4][0])
