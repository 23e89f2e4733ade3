"""By which address other computers reach this one, and which addresses count as one."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TELLS_RUNNING: Final = sys.platform == "linux"
if sys.platform == "linux":
    import fcntl

_ANYWHERE: Final = (
    (socket.AF_INET, "192.0.2.1"),
    (socket.AF_INET6, "2001:db8::1"),
    (socket.AF_INET6, "fd00::1"),
)
"""Addresses for documentation (RFC 5737, 3849), and one of a local network (RFC 4193): no packet is
sent to them to find out our own."""
_SIOCGIFADDR: Final = 0x8915
"""Of Linux: the address of an interface."""
_SIOCGIFFLAGS: Final = 0x8913
"""Of Linux: whether an interface is up, and has a cable or another end."""
_IFF_RUNNING: Final = 0x40
_NAME_BYTES_MAX: Final = 15
_INTERFACES: Final = Path("/proc/net/dev" if sys.platform == "linux" else os.devnull)
"""Of Linux: two rows of headings, then NAME: and figures for each interface."""
_IF_INET6: Final = Path("/proc/net/if_inet6" if sys.platform == "linux" else os.devnull)
"""Of Linux: address, number, prefix, scope, flags (all hexadecimal) and name of each interface."""
_NOT_TO_BE_CALLED: Final = 0x01 | 0x08 | 0x20 | 0x40
"""Flags (``IFA_F_*``): temporary, for a few hours, found twice, on its way out, not yet tried."""
_HOUSEHOLD_BITS: Final = 64
"""Whoever is at a network of IPv6 can choose the other bits of his address freely (RFC 4291)."""


def likely_host() -> str:
    """The address of this computer in its network, or else its name.

    Many clinics have no way to the internet, so that the system has no address to prefer. Then the
    first one counts that is not for this computer alone.
    """
    found = (*_towards_the_internet(), *_of_interfaces(), *_of_the_name())
    wide = filter(_is_of_network, found)
    # People read and type it, and those of IPv4 are shorter.
    return min(wide, key=lambda one: ":" in one, default=socket.gethostname())


def own() -> frozenset[str]:
    """The addresses of this computer that the system tells, those for itself among them.

    They are without the interfaces that some stand for: others call those by other names.
    """
    found = (*_towards_the_internet(), *_of_interfaces(), *_of_the_name())
    return frozenset({"127.0.0.1", "::1", *(one.partition("%")[0] for one in found)})


def reached_at(host: str) -> tuple[str, ...]:
    """Where other computers may reach a program that listens at a host, as `in_network`."""
    found = in_network()
    if ipaddress.ip_address(host).is_unspecified:
        return found
    return tuple(one for one in found if one == host)


def in_network() -> tuple[str, ...]:
    """The addresses by which other computers may reach this one now.

    The likeliest of IPv4 comes first, then the likeliest of IPv6, and last those that are good on
    one interface only, with its name or number: ``fe80::5%eth0``. On Linux those of interfaces
    without a cable or another end are left out; elsewhere the system takes such addresses away
    itself.
    """
    running = set(_of_interfaces(running=True))
    others = sorted(running) if _TELLS_RUNNING else _of_the_name()
    found = [
        one
        for one in dict.fromkeys((*_towards_the_internet(), *others))
        if one in running or not _TELLS_RUNNING
    ]
    wide = [one for one in found if _is_of_network(one)]
    firsts = [next((one for one in wide if (":" in one) == is_6), None) for is_6 in (False, True)]
    first = [one for one in firsts if one is not None]
    near = (one for one in found if "%" in one and ipaddress.ip_address(one).is_link_local)
    return tuple(dict.fromkeys((*first, *wide, *near)))


def household(address: str) -> str:
    """What counts as one address, where something is counted by addresses.

    That is the network of an address of IPv6, and any other address by itself. What is no address
    is returned as it is.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        if not found.is_loopback:
            return str(ipaddress.ip_network((found, _HOUSEHOLD_BITS), strict=False))
    return str(found)


def _is_of_network(found: str) -> bool:
    address = ipaddress.ip_address(found)
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _towards_the_internet() -> Iterator[str]:
    for family, target in _ANYWHERE:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as line:
            line.connect((target, 9))
            yield str(line.getsockname()[0])


def _of_interfaces(running: bool = False) -> list[str]:
    """The addresses of all interfaces, or of those that run, where the system tells them."""
    found: list[str] = []
    if sys.platform == "linux":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            for name in _names():
                asked = struct.pack("256s", name.encode()[:_NAME_BYTES_MAX])
                with contextlib.suppress(OSError):  # it is gone
                    flags = fcntl.ioctl(line.fileno(), _SIOCGIFFLAGS, asked)[16:18]
                    if running and not struct.unpack("H", flags)[0] & _IFF_RUNNING:
                        continue
                    found += _of_ipv6(name)
                    answer = fcntl.ioctl(line.fileno(), _SIOCGIFADDR, asked)  # it may have none
                    found.append(socket.inet_ntoa(answer[20:24]))
    return found


def _names() -> list[str]:
    """The interfaces of Linux; the kernel itself may not be asked (netlink) by every service."""
    with contextlib.suppress(OSError):
        rows = _INTERFACES.read_text("utf-8").splitlines()
        return [row.partition(":")[0].strip() for row in rows if ":" in row]
    return []


def _of_ipv6(name: str) -> Iterator[str]:
    """The addresses of IPv6 that an interface of Linux has for longer."""
    with contextlib.suppress(OSError):  # IPv6 is switched off
        for row in _IF_INET6.read_text("ascii").splitlines():
            digits, _, _, _, flags, interface = row.split()
            if interface == name and not int(flags, 16) & _NOT_TO_BE_CALLED:
                address = ipaddress.IPv6Address(int(digits, 16))
                yield f"{address}%{name}" if address.is_link_local else str(address)


def _of_the_name() -> Iterator[str]:
    """What the name of this computer stands for; on Windows these are its addresses."""
    with contextlib.suppress(OSError, UnicodeError):
        for info in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM):
            host, scope = str(info[4][0]), info[4][3] if len(info[4]) == 4 else 0
            yield f"{host}%{scope}" if scope and "%" not in host else host
