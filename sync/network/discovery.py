"""Announcing this computer on the local network by multicast, and hearing who else does (zeroconf).

Everybody on the network can announce anything, so what is heard is a hint: who answers there proves
who he is. All of this runs on threads of its own, because an interface that fails can hold it up,
and nothing else waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import math
import socket
import struct
import sys
from collections.abc import Callable, Collection, Iterable
from typing import Final, NamedTuple

from zeroconf import Error as MulticastError
from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from sync.network.announcements import SERVICE, Announcement

LOOK_S: Final = 2.0
AGAIN_S: Final = 30.0
"""After multicast could not be begun, it is tried again."""
EACH_S: Final = 5.0
BURST_S: Final = 20.0
"""What is announced under one name is looked at four times in a row, and then every 5 seconds."""
GROUP: Final = "224.0.0.251"
GROUP_6: Final = "ff02::fb"
"""The multicast addresses of mDNS (RFC 6762)."""
LOOP_GOES_DEAF: Final = sys.platform == "win32"
"""The event loop of Windows reads no more from a socket for datagrams after one error, as when the
port of somebody who has asked is closed (CPython gh-91227), and says nothing."""
ANEW_S: Final = 300.0
"""Where that is so, multicast is begun anew so often."""

log = logging.getLogger("mrnmesh.discovery")
# What it warns of is a cable that is out or an interface that is gone, which `Discovery` notices.
logging.getLogger("zeroconf").setLevel(logging.ERROR)


class Heard(NamedTuple):
    """A name that somebody announces, and where he says that it is."""

    label: str
    addresses: tuple[str, ...]
    port: int


class Multicast:
    """One announcer and listener on some interfaces, until `close`; made on a thread of its own.

    Args:
        hosts: the addresses of the interfaces, see `sync.trust.addresses.in_network`.
        announced: what this computer says of itself.
        wants: which names are looked at; all others are left alone, whatever their number.
        heard: called on a thread of zeroconf.
        now_s: a clock that never goes back.

    Raises:
        OSError: none of the interfaces can be used.
    """

    def __init__(
        self,
        hosts: Collection[str],
        announced: Iterable[Announcement],
        wants: Callable[[str], bool],
        heard: Callable[[Heard], None],
        now_s: Callable[[], float],
    ) -> None:
        self._now_s = now_s
        self._wants = wants
        self._heard = heard
        self._busy_until_s: dict[str, float] = {}
        said = list(announced)
        self._opened = _opened(hosts)
        try:
            for zeroconf in self._opened:
                for one in said:
                    self._announce(zeroconf, one, hosts)
                ServiceBrowser(zeroconf, SERVICE, [self._changed])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take back what was announced, and hear nothing any more."""
        for zeroconf in self._opened:
            zeroconf.close()

    def _announce(self, zeroconf: Zeroconf, one: Announcement, hosts: Collection[str]) -> None:
        info = ServiceInfo(
            SERVICE,
            f"{one.label}.{SERVICE}",
            port=one.port,
            addresses=[_packed(host) for host in hosts],
            server=f"{one.label}.local.",
        )
        # Nobody is asked whether the name is free: it is ours, and whoever copies it would else
        # keep this computer from announcing itself.
        zeroconf.register_service(info, cooperating_responders=True)

    def _changed(
        self,
        zeroconf: Zeroconf,
        service_type: str,
        name: str,
        state_change: ServiceStateChange,
    ) -> None:
        label = name.removesuffix(f".{SERVICE}")
        if state_change is ServiceStateChange.Removed or not self._wants(label):
            return
        now_s = self._now_s()
        busy_s = max(self._busy_until_s.get(label, now_s), now_s) + EACH_S
        if busy_s - now_s > BURST_S:
            return
        self._busy_until_s[label] = busy_s
        # Where it is comes with the name. Nobody is asked for it: whoever announces names and then
        # does not answer would keep all others waiting.
        info = ServiceInfo(service_type, name)
        info.load_from_cache(zeroconf)
        addresses = tuple(info.parsed_scoped_addresses(IPVersion.All))
        if addresses and info.port:
            self._heard(Heard(label, addresses, info.port))


class Discovery:
    """Multicast of a running daemon, begun anew whenever its addresses change.

    Args:
        hosts: the addresses of this computer in its network, None while they are not known.
        announced: what it says of itself now.
        wants: which names are looked at; it is called on a thread of zeroconf.
        heard: called on the event loop.
        now_s: a clock that never goes back.
    """

    def __init__(
        self,
        hosts: Callable[[], tuple[str, ...] | None],
        announced: Callable[[], tuple[Announcement, ...]],
        wants: Callable[[str], bool],
        heard: Callable[[Heard], None],
        now_s: Callable[[], float],
    ) -> None:
        self._now_s = now_s
        self._hosts = hosts
        self._announced = announced
        self._wants = wants
        self._heard = heard
        self._said: tuple[tuple[str, ...], tuple[Announcement, ...]] | None = None
        self._opening: asyncio.Task[Multicast] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._again_s = 0.0
        self._anew_s = math.inf
        self._fault = ""

    async def look(self) -> None:
        """Begin, or begin anew, if what there is to be said has changed."""
        hosts, now_s = self._hosts(), self._now_s()
        if hosts is None or now_s < self._again_s:
            return
        said = (hosts, self._announced())
        if said == self._said and now_s < self._anew_s:
            return
        await self.close()
        loop = asyncio.get_running_loop()

        def heard(found: Heard) -> None:
            with contextlib.suppress(RuntimeError):  # the daemon has ended meanwhile
                loop.call_soon_threadsafe(self._heard, found)

        if _interfaces(hosts):
            # Its thread goes on when whoever waits for it is cancelled; then `close` closes it.
            self._opening = asyncio.create_task(
                asyncio.to_thread(Multicast, *said, self._wants, heard, self._now_s)
            )
            try:
                await asyncio.shield(self._opening)
            except (OSError, MulticastError) as error:
                if str(error) != self._fault:  # it may stay so for days
                    log.warning("others cannot be looked for on this network: %s", error)
                self._fault, self._again_s = str(error), now_s + AGAIN_S
                self._opening = None
                return
        self._said, self._fault = said, ""
        self._anew_s = now_s + ANEW_S if LOOP_GOES_DEAF else math.inf

    async def close(self) -> None:
        """Take back what was announced, and hear nothing any more."""
        opening, self._opening, self._said = self._opening, None, None
        if opening is not None:
            self._closing = asyncio.create_task(_close(opening))
        if self._closing is not None:
            await asyncio.shield(self._closing)


async def _close(opening: asyncio.Task[Multicast]) -> None:
    """Close what is open, or opens now."""
    with contextlib.suppress(OSError, MulticastError):  # then there is nothing to close
        await asyncio.to_thread((await opening).close)


def _packed(host: str) -> bytes:
    """The bytes of an address; whoever hears of it knows himself at which interface that was."""
    return ipaddress.ip_address(host.partition("%")[0]).packed


def _opened(hosts: Collection[str]) -> list[Zeroconf]:
    """Listen on those of some interfaces that can be used, by IPv4 and by IPv6.

    Each has sockets of its own. Windows lets no socket that serves both hear multicast of IPv4, and
    a fault of one kind keeps the other from nothing.

    Raises:
        OSError: none can.
    """
    opened: list[Zeroconf] = []
    why: Exception = OSError("no interface can be used for multicast")
    for is_6, version in ((False, IPVersion.V4Only), (True, IPVersion.V6Only)):
        some = [host for host in _interfaces(hosts) if (":" in host) == is_6]
        usable = [host for host in some if _hears_others(host)]
        try:
            if usable:
                opened.append(Zeroconf(interfaces=usable, ip_version=version))
        except (OSError, RuntimeError) as error:  # another program has the port, or it has gone
            why = error
    if not opened:
        raise OSError(str(why)) from why
    return opened


def _interfaces(hosts: Iterable[str]) -> list[str]:
    """Those addresses that stand for interfaces.

    Each interface with IPv6 has one that is good there only. By another one, as far as there is,
    everything would be said twice.
    """
    return [host for host in hosts if ":" not in host or "%" in host]


def _hears_others(host: str) -> bool:
    """True for the address of an interface that takes part in multicast now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        try:
            line.bind(socket.getaddrinfo(host, 0, family, socket.SOCK_DGRAM)[0][4])
            if family == socket.AF_INET6:
                interface = struct.pack("@I", line.getsockname()[3])
                group = socket.inet_pton(family, GROUP_6) + interface
                line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
            else:
                group = socket.inet_aton(GROUP) + socket.inet_aton(host)
                line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        except OSError:
            return False
    return True
