"""Other daemons: those of this computer and their ports, and whether other ones are reached."""

from __future__ import annotations

import itertools
import json
import ssl
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from sync.daemon import daemon_settings, data_folder
from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.daemons import COORDINATOR, NODE, Daemon
from sync.errors import BadConfig, MrnmeshError
from sync.http.address import Address
from sync.http.system import HEALTH
from sync.model import facts
from sync.model.facts import COORDINATOR as COORDINATOR_AUTHOR
from sync.protocol.addresses import SignedAddresses, is_usable
from sync.reading.view import StoredView
from sync.storage.store import Store
from sync.upkeep.findings import Finding, FindingLevel

ANSWER_S_MAX: Final = 5.0
OTHERS_MAX: Final = 32
"""So many other computers are tried, all at once."""
_ANSWER_MAX: Final = 100_000
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Daemons are on this computer: a proxy does not know of them."""


class Neighbour(NamedTuple):
    """A daemon that says who it is; both are None if it is of version 0.2 or earlier."""

    author: str | None
    public_key: str | None


def who_answers(url: str) -> Neighbour | None:
    """The daemon with its API at ``url``, None if there is none, or it is not well."""
    try:
        with _OPENER.open(url + HEALTH, timeout=ANSWER_S_MAX) as response:
            answer: Any = json.loads(response.read(_ANSWER_MAX))
        return Neighbour(answer.get("author"), answer.get("public_key"))
    except (OSError, ValueError, AttributeError):
        return None


def is_daemon_of(settings: DaemonSettings) -> bool:
    """True when the daemon of these settings answers at the address that they name."""
    try:
        key = settings.signer().public_key.hex()
    except BadConfig:
        return False  # without its key no daemon runs
    found = who_answers(settings.url)
    return found is not None and found.public_key == key


def clashes(folder: Path, addresses: Iterable[str]) -> list[str]:
    """What else of this computer is set to one of some addresses, in sentences.

    The folders beside a data folder are looked at, and those where the system keeps data. A daemon
    that is not running now can be started any day, and then one of the two cannot.
    """
    wanted = {address: Address.anywhere(address) for address in addresses}
    found = []
    for path, daemon in _others(folder):
        for mine, address in wanted.items():
            if address.port and _uses(path, daemon, address.port):
                found.append(
                    f"{mine} has the same port as the {daemon.kind} in {path}: only one of the two "
                    "can run."
                )
    return found


def _others(folder: Path) -> Iterator[tuple[Path, Daemon]]:
    """Data folders that are not this one."""
    own = folder.resolve()
    seen = {own}
    places = [place for one in (NODE, COORDINATOR) for place in (one.folder, one.service_folder)]
    if own.parent.is_dir():
        places += itertools.islice(own.parent.iterdir(), data_folder.FOLDERS_MAX)
    for path in sorted(places):
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        for daemon in (NODE, COORDINATOR):
            yield path, daemon


def _uses(folder: Path, daemon: Daemon, port: int) -> bool:
    """True when the settings in a folder name a port."""
    try:
        return port in daemon_settings.ports_in(folder, daemon)
    except MrnmeshError:
        return False  # nobody can start it like that, or this user may not read it


def reached(
    store: Store,
    own_key: bytes,
    context: ssl.SSLContext,
    answers: Callable[[str, ssl.SSLContext], float | None],
) -> list[Finding]:
    """Whether the other computers answer where they say that they are, as seen from this one.

    It shows what nobody sees on the other computer itself: that its firewall is closed.

    Args:
        own_key: that of the replica in ``store``.
        context: by which others are dialled.
        answers: returns None for a URL at which nothing answers.
    """
    registry = StoredView.of(store).registry
    entries = [
        msgspec.convert(facts.unpack(row), SignedAddresses) for row in store.meta.addresses()
    ]
    others = sorted(
        (one.author, tuple(filter(is_usable, one.addresses)))
        for one in entries
        if one.key != own_key
        and (one.author == COORDINATOR_AUTHOR or registry.may_sync(one.author, one.key))
    )
    known = [(author, places) for author, places in others if places][:OTHERS_MAX]
    if not known:
        return []

    def is_there(other: tuple[str, tuple[str, ...]]) -> bool:
        urls = (f"wss://{place}/sync" for place in other[1])
        return any(answers(url, context) is not None for url in urls)

    with ThreadPoolExecutor(OTHERS_MAX) as threads:
        found = list(zip(known, threads.map(is_there, known), strict=True))
    silent = [f"{author} ({', '.join(places)})" for (author, places), there in found if not there]
    if not silent:
        text = f"{len(known)} of {len(known)} answer where they say that they are"
        return [Finding("other computers", FindingLevel.OK, text)]
    do = (
        "are they switched on, and on this network? Then their firewall keeps that port closed: "
        "open it as the page on installing says, and run this here again"
    )
    text = f"{len(silent)} of {len(known)} do not answer: {'; '.join(silent)}"
    return [Finding("other computers", FindingLevel.WARNING, text, do)]
