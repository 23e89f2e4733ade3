"""Looking at a daemon's computer and data, whether the daemon runs or not; nothing is changed."""

from __future__ import annotations

import contextlib
import platform
import re
import shutil
import socket
import sqlite3
import struct
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from sync.daemon.data_folder import DataFolder
from sync.engine.replica import DATABASE
from sync.engine.witness import Witness, machine_id
from sync.errors import MrnmeshError, StoreLocked
from sync.http.address import Address
from sync.model.facts import Author
from sync.storage import schema
from sync.storage.lock import FILE as LOCK
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.upkeep import findings
from sync.upkeep.archive import open_read_only
from sync.upkeep.findings import Finding, FindingLevel
from sync.version import version

if sys.platform == "win32":
    import ctypes

ANSWER_S_MAX: Final = 5.0
_MOUNTS: Final = Path("/proc/self/mountinfo")
_PIN: Final = re.compile(r"pycrdt\s*==\s*([0-9.]+)")
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def unusable(error: MrnmeshError) -> Finding:
    """The settings cannot be read, so that little else can be looked at."""
    return Finding("settings", FindingLevel.PROBLEM, str(error), "mend that, and run this again")


def software() -> list[Finding]:
    """What the daemon runs on."""
    found = findings.versions(
        version(),
        sys.version_info[:3],
        struct.calcsize("P") * 8,
        f"{platform.system()} {platform.release()}",
        sqlite3.sqlite_version_info,
    )
    return [*found, findings.pin(_version("pycrdt"), _pinned())]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _pinned() -> str | None:
    """The version of pycrdt that this installation asks for, None if that is not known."""
    try:
        lines = metadata.requires("mrnmesh") or []
    except metadata.PackageNotFoundError:
        return None
    return next((match[1] for line in lines if (match := _PIN.match(line))), None)


# time


def clock(place: DataFolder, known_ms: int, others_s: float | None) -> list[Finding]:
    """The clock and the time zone."""
    now = time.time()
    here = datetime.fromtimestamp(now, place.zone).isoformat(timespec="seconds")
    zone = Finding("time zone", FindingLevel.OK, f"{place.zone.key}: it is {here} at the facility")
    return [findings.clock(now, known_ms / 1000, others_s), zone]


# disk


def disk(place: DataFolder) -> list[Finding]:
    """Space, kind of disk, and whether all that is written may be."""
    found = [
        findings.space(shutil.disk_usage(place.folder).free, place.folder),
        findings.file_system(file_system(place.folder), place.folder),
    ]
    for name, folder in (
        ("data folder", place.folder),
        ("witness", place.witness.parent),
        ("log folder", place.log_folder),
    ):
        found.append(_writable(name, folder))
    return found


def _writable(name: str, folder: Path) -> Finding:
    existing = next((one for one in (folder, *folder.parents) if one.is_dir()), Path())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        do = f"let the user that runs the daemon write in {existing}"
        return Finding(
            name, FindingLevel.PROBLEM, f"{folder} cannot be written ({error.strerror})", do
        )
    return Finding(name, FindingLevel.OK, f"{folder} can be written")


def file_system(folder: Path) -> str | None:
    """What kind of file system a folder lies on, ``network`` if it is one; None: not told."""
    if sys.platform == "win32":
        root = folder.resolve().anchor
        if root.startswith("\\\\"):
            return "network"
        kinds = {2: "removable disk", 3: "disk", 4: "network", 6: "ramfs"}
        return kinds.get(ctypes.windll.kernel32.GetDriveTypeW(root))
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    return mounted(mounts, folder.resolve())


def mounted(mounts: str, folder: Path) -> str | None:
    """The kind of the file system that a folder lies on, out of Linux's table of mounts."""
    best: tuple[int, str] | None = None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if not after:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split()[4]))
        depth = len(point.parts)
        if folder.is_relative_to(point) and (best is None or depth >= best[0]):
            best = depth, after.split()[0]
    return best[1] if best else None


# database


@contextlib.contextmanager
def glance(folder: Path) -> Iterator[Store]:
    """A database looked at without writing, beside its daemon or without.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    store = Store(open_read_only(folder / DATABASE))
    try:
        yield store
    finally:
        store.close()


def database(store: Store, author: Author) -> list[Finding]:
    """Whether a database is whole, of this schema, and of this daemon."""
    version = store.connection.execute("PRAGMA user_version").fetchone()[0]
    found = []
    if version > schema.VERSION:
        do = "install the newer mrnmesh that wrote it; the database is unchanged"
        text = f"its schema {version} is newer than this software's {schema.VERSION}"
        return [Finding("database", FindingLevel.PROBLEM, text, do)]
    told = [row[0] for row in store.connection.execute("PRAGMA quick_check(5)")]
    if told != ["ok"]:
        do = "stop the daemon, keep a copy of the folder, and restore the newest good backup"
        found.append(
            Finding("database", FindingLevel.PROBLEM, f"it is damaged: {'; '.join(told)}", do)
        )
    else:
        count = store.connection.execute("SELECT count(*) FROM patients").fetchone()[0]
        text = f"whole, schema {version} of {schema.VERSION}, {count} people"
        found.append(Finding("database", FindingLevel.OK, text))
    mine = store.meta.author
    if mine != author:
        do = "put the settings and the database of one and the same daemon together"
        text = f"it is that of {mine or 'nobody'}, the settings are those of {author}"
        found.append(Finding("database", FindingLevel.PROBLEM, text, do))
    return found


def unreadable(error: Exception) -> Finding:
    """The database cannot even be read."""
    do = "stop the daemon, keep a copy of the folder, and restore the newest good backup"
    return Finding("database", FindingLevel.PROBLEM, f"it cannot be read: {error}", do)


def witness(place: DataFolder, renew: str) -> Finding:
    """The memory of what was issued, outside the data folder; ``renew`` goes on without it."""
    try:
        trusted = Witness(place.witness, machine_id()).trusted
    except OSError as error:
        do = "let the user that runs the daemon read it"
        return Finding("witness", FindingLevel.PROBLEM, f"{place.witness}: {error.strerror}", do)
    if trusted:
        return Finding("witness", FindingLevel.OK, f"{place.witness} is of this computer")
    missing = not place.witness.exists()
    found = f"{place.witness} is missing" if missing else f"{place.witness} is of another computer"
    return Finding("witness", FindingLevel.PROBLEM, found, renew)


# ports and others


def is_running(folder: Path) -> bool:
    """True when a daemon uses the data folder."""
    if not (folder / LOCK).exists():
        return False  # and one that another user makes here would keep the daemon out
    try:
        FolderLock(folder).release()
    except StoreLocked:
        return True
    return False


def ports(place: DataFolder, running: bool) -> list[Finding]:
    """Whether the daemon has its ports, or could have them."""
    return [
        _port("API port", place.listen, running, "listen"),
        _port("sync port", place.sync_listen, running, "sync_listen"),
    ]


def _port(name: str, address: Address, running: bool, setting: str) -> Finding:
    text = f"{address.host}:{address.port}"
    if running:
        if not address.port or said_time(f"http://{_host(address)}/") is not None:
            return Finding(name, FindingLevel.OK, f"the daemon serves {text}")
        do = f"was the daemon started with another {setting}? If not, start it again"
        return Finding(name, FindingLevel.PROBLEM, f"the daemon runs, but not at {text}", do)
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            do = f"end the other program, or choose another address with `{setting}`"
            return Finding(name, FindingLevel.PROBLEM, f"{text} is not free ({error.strerror})", do)
    return Finding(name, FindingLevel.OK, f"{text} is free")


def _host(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def daemon(running: bool, status: dict[str, Any] | None, start: str) -> Finding:
    """Whether the daemon runs and answers."""
    if status is not None:
        return Finding("daemon", FindingLevel.OK, "it runs and answers")
    if running:
        do = "look at the end of its log; if it hangs, end its process and start it again"
        return Finding("daemon", FindingLevel.PROBLEM, "it runs, but does not answer", do)
    return Finding("daemon", FindingLevel.WARNING, "it does not run", f"start it: {start}")


def status_of(call: Any) -> dict[str, Any] | None:
    """The status that a running daemon gives, None if it does not answer."""
    try:
        answer: dict[str, Any] = call("GET", "/api/status/")
    except MrnmeshError:
        return None
    return answer


def alarms(status: dict[str, Any] | None) -> list[Finding]:
    """What a running daemon itself raises an alarm about."""
    return [
        Finding(
            alarm["code"],
            FindingLevel.PROBLEM if alarm["level"] == "alert" else FindingLevel.WARNING,
            alarm["text"],
            alarm["do"],
        )
        for alarm in (status or {}).get("alarms", ())
    ]


def said_time(url: str) -> float | None:
    """The time that the HTTP server at ``url`` says it is, None if nothing answers there."""
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    request = urllib.request.Request(parts._replace(scheme=scheme).geturl())
    try:
        with _OPENER.open(request, timeout=ANSWER_S_MAX) as response:
            date = response.headers.get("Date")
    except urllib.error.HTTPError as error:
        date = error.headers.get("Date")
    except (OSError, ValueError):
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return None
