"""Looking on the local network for a coordinator that lets desks in, from a bare computer."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import Final

from zeroconf import Error as MulticastError

from sync.network.announcements import door_label, is_door
from sync.network.discovery import Heard, Multicast
from sync.protocol.addresses import is_usable, with_port
from sync.trust import addresses

WAIT_S: Final = 4.0
"""So long announcements are waited for, and before them a network."""
AGAIN_S: Final = 0.25
"""So often it is looked whether there is a network now."""
DOORS_MAX: Final = 8
"""So many addresses are tried; everybody on the network can announce any number."""


def heard(fingerprint: bytes | None, hosts: tuple[str, ...] | None = None) -> Iterator[Heard]:
    """Who announces that he lets desks in, as it is heard; nobody has proved anything.

    Args:
        fingerprint: of the authority that is looked for, as a code has it; None for any.
        hosts: the addresses of this computer in its network, None for all.
    """
    found: queue.Queue[Heard] = queue.Queue()
    label = door_label(fingerprint) if fingerprint is not None else None
    until_s = time.monotonic() + WAIT_S

    def wants(name: str) -> bool:
        return is_door(name) if label is None else name == label

    def begun() -> Multicast | None:
        try:
            return Multicast(
                addresses.in_network() if hosts is None else hosts,
                (),
                wants,
                found.put,
                time.monotonic,
            )
        except (OSError, MulticastError):
            return None  # no network, or none that has multicast

    # Whoever has just put the cable in has no address for a second or two.
    while (multicast := begun()) is None:
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            return
        time.sleep(min(AGAIN_S, left_s))
    try:
        for _ in range(DOORS_MAX):
            try:
                yield found.get(timeout=max(0.0, until_s - time.monotonic()))
            except queue.Empty:
                return
    finally:
        multicast.close()


def places(fingerprint: bytes | None) -> Iterator[tuple[str, int]]:
    """Host and port of each one that is `heard`, each once."""
    seen: set[tuple[str, int]] = set()
    for one in heard(fingerprint):
        for host in one.addresses:
            place = (host, one.port)
            if (
                place not in seen
                and len(seen) < DOORS_MAX
                and is_usable(with_port(host, one.port), heard_here=True)
            ):
                seen.add(place)
                yield place
