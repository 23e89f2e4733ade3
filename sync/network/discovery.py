"""Announcing this computer on the local network by multicast, and hearing who else does (zeroconf).

Everybody on the network can announce anything, so what is heard is a hint: who answers there proves
who he is. All of this runs on threads of its own, because an interface that fails can hold it up,
and nothing else waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
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
"""The multicast address of mDNS (RFC 6762)."""

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
        hosts: the addresses (IPv4) of the interfaces.
        announced: what this computer says of itself.
        wants: which names are looked at; all others are left alone, whatever their number.
        heard: called on a thread of zeroconf.

    Raises:
        OSError: none of the interfaces can be used.
    """

    def __init__(
        self,
        hosts: Collection[str],
        announced: Iterable[Announcement],
        wants: Callable[[str], bool],
        heard: Callable[[Heard], None],
    ) -> None:
        self._wants = wants
        self._heard = heard
        self._busy_until_s: dict[str, float] = {}
        self._zeroconf = _opened(hosts)
        try:
            for one in announced:
                self._announce(one, hosts)
            self._browser = ServiceBrowser(self._zeroconf, SERVICE, [self._changed])
        except BaseException:
            self._zeroconf.close()
            raise

    def close(self) -> None:
        """Take back what was announced, and hear nothing any more."""
        self._zeroconf.close()

    def _announce(self, one: Announcement, hosts: Collection[str]) -> None:
        info = ServiceInfo(
            SERVICE,
            f"{one.label}.{SERVICE}",
            port=one.port,
            addresses=[socket.inet_aton(host) for host in hosts],
            server=f"{one.label}.local.",
        )
        # Nobody is asked whether the name is free: it is ours, and whoever copies it would else
        # keep this computer from announcing itself.
        self._zeroconf.register_service(info, cooperating_responders=True)

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
        now_s = time.monotonic()
        busy_s = max(self._busy_until_s.get(label, now_s), now_s) + EACH_S
        if busy_s - now_s > BURST_S:
            return
        self._busy_until_s[label] = busy_s
        # Where it is comes with the name. Nobody is asked for it: whoever announces names and then
        # does not answer would keep all others waiting.
        info = ServiceInfo(service_type, name)
        info.load_from_cache(zeroconf)
        addresses = tuple(info.parsed_addresses(IPVersion.V4Only))
        if addresses and info.port:
            self._heard(Heard(label, addresses, info.port))


class Discovery:
    """Multicast of a running daemon, begun anew whenever its addresses change.

    Args:
        hosts: the addresses of this computer in its network, None while they are not known.
        announced: what it says of itself now.
        wants: which names are looked at; it is called on a thread of zeroconf.
        heard: called on the event loop.
    """

    def __init__(
        self,
        hosts: Callable[[], tuple[str, ...] | None],
        announced: Callable[[], tuple[Announcement, ...]],
        wants: Callable[[str], bool],
        heard: Callable[[Heard], None],
    ) -> None:
        self._hosts = hosts
        self._announced = announced
        self._wants = wants
        self._heard = heard
        self._said: tuple[tuple[str, ...], tuple[Announcement, ...]] | None = None
        self._multicast: Multicast | None = None
        self._again_s = 0.0

    async def look(self) -> None:
        """Begin, or begin anew, if what there is to be said has changed."""
        hosts, now_s = self._hosts(), time.monotonic()
        if hosts is None or now_s < self._again_s:
            return
        said = (_of_ipv4(hosts), self._announced())
        if said == self._said:
            return
        await self.close()
        loop = asyncio.get_running_loop()

        def heard(found: Heard) -> None:
            with contextlib.suppress(RuntimeError):  # the daemon has ended meanwhile
                loop.call_soon_threadsafe(self._heard, found)

        if said[0]:
            try:
                self._multicast = await asyncio.to_thread(
                    Multicast, said[0], said[1], self._wants, heard
                )
            except (OSError, MulticastError) as error:
                log.warning("others cannot be looked for on this network: %s", error)
                self._again_s = now_s + AGAIN_S
                return
        self._said = said

    async def close(self) -> None:
        """Take back what was announced, and hear nothing any more."""
        multicast, self._multicast, self._said = self._multicast, None, None
        if multicast is not None:
            await asyncio.to_thread(multicast.close)


def _of_ipv4(hosts: Iterable[str]) -> tuple[str, ...]:
    return tuple(host for host in hosts if ":" not in host)


def _opened(hosts: Collection[str]) -> Zeroconf:
    """Listen on those of some interfaces that can be used.

    Raises:
        OSError: none can.
    """
    usable = [host for host in hosts if _hears_others(host)]
    if not usable:
        raise OSError("no interface can be used for multicast")
    return Zeroconf(interfaces=usable, ip_version=IPVersion.V4Only)


def _hears_others(host: str) -> bool:
    """True for the address of an interface that takes part in multicast now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.bind((host, 0))
            membership = socket.inet_aton(GROUP) + socket.inet_aton(host)
            line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        except OSError:
            return False
    return True
