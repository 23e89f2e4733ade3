"""Other daemons of this computer: who answers at an address, and which folders name it too."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from sync.daemon import daemon_settings, data_folder
from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.daemons import COORDINATOR, NODE, Daemon
from sync.errors import BadConfig, MrnmeshError
from sync.http.address import Address
from sync.http.system import HEALTH

ANSWER_S_MAX: Final = 5.0
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
