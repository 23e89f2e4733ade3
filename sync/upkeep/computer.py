"""Looking at the computer that a daemon is on: software, disk, ports, and what answers where."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.data_folder import is_inside
from sync.http.address import Address
from sync.model import causes, phrases
from sync.upkeep import findings, neighbours
from sync.upkeep.findings import Finding, FindingLevel
from sync.version import version

if sys.platform == "win32":
    import ctypes

ANSWER_S_MAX: Final = 5.0
_MOUNTS: Final = Path("/proc/self/mountinfo")
_DEVICES: Final = Path("/sys/dev/block")
_STACKED_MAX: Final = 8
"""As many devices as may lie one upon the other: a volume on a group on an encrypted partition."""
_BITLOCKER: Final = (
    "(New-Object -ComObject Shell.Application).NameSpace($env:MRNMESH_DISK)"
    ".Self.ExtendedProperty('System.Volume.BitLockerProtection')"
)
"""What the Explorer shows of a disk to every user; `manage-bde` answers administrators only."""
_BITLOCKER_ON: Final = frozenset({"1", "3", "6"})
"""On, being switched on, locked; 2 is off, 4 being switched off, 5 suspended."""
_BITLOCKER_OFF: Final = frozenset({"2", "4", "5"})

_FILE: Final = 1
_DACL: Final = 4
"""Of Windows: what has the rights, and which of them are asked for."""

_PIN: Final = re.compile(r"pycrdt\s*==\s*([0-9.]+)")
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Daemons are on this computer: a proxy does not know of them."""


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


def disk(settings: DaemonSettings) -> list[Finding]:
    """Space, kind of disk, and whether all that is written may be."""
    found = [
        findings.space(shutil.disk_usage(settings.folder).free, settings.folder),
        findings.file_system(file_system(settings.folder), settings.folder),
        *findings.encryption(is_encrypted(settings.folder), settings.folder),
    ]
    for name, folder in (
        ("data folder", settings.folder),
        ("witness", settings.witness.parent),
        ("log folder", settings.log_folder),
    ):
        found.append(_writable(name, folder))
    return [*found, *_backups(settings)]


def _backups(settings: DaemonSettings) -> list[Finding]:
    """Whether the backup of the night can be written; nothing if none is made."""
    if not settings.backup:
        return []
    to, name = settings.backup_folder, "backup folder"
    if not to.is_dir() and not is_inside(to, settings.folder):
        do = "connect the disk that it is on, or make the folder; `backup_folder` names it"
        return [Finding(name, FindingLevel.PROBLEM, f"{to} is not there", do)]
    return [_writable(name, to)]


def key(path: Path) -> list[Finding]:
    """Who may read the private key; nothing where that cannot be known."""
    try:
        if sys.platform == "win32":
            found = findings.key_on_windows(_rights(path), path)
        else:
            found = findings.key_elsewhere(path.stat().st_mode, path)
    except OSError:
        return []  # that there is none, or that it cannot be read, is found elsewhere
    return [found]


if sys.platform == "win32":

    def _rights(path: Path) -> str:
        """The rights of a file, as Windows writes them (SDDL)."""
        advapi = ctypes.WinDLL("advapi32")
        descriptor, text = ctypes.c_void_p(), ctypes.c_wchar_p()
        status = advapi.GetNamedSecurityInfoW(
            str(path), _FILE, _DACL, None, None, None, None, ctypes.byref(descriptor)
        )
        if status:
            raise ctypes.WinError(status)
        if not advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor, 1, _DACL, ctypes.byref(text), None
        ):
            raise ctypes.WinError()
        return str(text.value)


def _writable(name: str, folder: Path) -> Finding:
    existing = next((one for one in (folder, *folder.parents) if one.is_dir()), Path())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        do = f"let the user that runs the daemon write in {existing}"
        return Finding(
            name, FindingLevel.PROBLEM, f"{folder} cannot be written ({causes.why(error)})", do
        )
    return Finding(name, FindingLevel.OK, f"{folder} can be written")


def file_system(folder: Path) -> str | None:
    """The kind of file system that a folder is on, ``network`` on a server; None if unknown."""
    if sys.platform == "win32":
        root = folder.resolve().anchor
        if root.startswith("\\\\"):
            return "network"
        kinds = {2: "removable disk", 3: "disk", 4: "network", 6: "ramfs"}
        return kinds.get(ctypes.windll.kernel32.GetDriveTypeW(root))
    else:
        mount = _mount_of(folder)
        return mount.kind if mount else None


class Mount(NamedTuple):
    """A file system that is mounted; ``device`` is its number, as Linux writes it (``8:1``)."""

    kind: str
    device: str


def _mount_of(folder: Path) -> Mount | None:
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    return mounted(mounts, folder.resolve())


def mounted(mounts: str, folder: Path) -> Mount | None:
    """The file system that a folder lies on, out of Linux's table of mounts."""
    best: tuple[int, Mount] | None = None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if not after:
            continue
        _, _, device, _, place = before.split()[:5]
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place))
        depth = len(point.parts)
        if folder.is_relative_to(point) and (best is None or depth >= best[0]):
            best = depth, Mount(after.split()[0], device)
    return best[1] if best else None


def is_encrypted(folder: Path) -> bool | None:
    """Whether what lies in a folder is encrypted on its disk; None if the system does not say."""
    if sys.platform == "win32":
        return _bitlocker(folder.resolve().anchor)
    else:
        mount = _mount_of(folder)
        if mount is None:
            return None
        return mount.kind == "ecryptfs" or is_device_encrypted(mount.device)


def is_device_encrypted(number: str, devices: Path = _DEVICES) -> bool | None:
    """Whether a disk of Linux, or what it lies upon, is one of `cryptsetup`.

    Args:
        number: of the device, as in ``8:1``.
        devices: the folder in which the system describes them.

    Returns:
        None for what is no disk, as of a file system over several, and where nothing is described.
    """
    found = devices / number
    for _ in range(_STACKED_MAX):
        if not found.is_dir():
            return None
        try:
            kind = (found / "dm" / "uuid").read_text(encoding="ascii")
        except OSError:
            kind = ""  # no device of the mapper: a partition, say
        if kind.startswith("CRYPT-"):
            return True
        below = sorted((found / "slaves").glob("*"))
        if not below:
            return False
        found = below[0]
    return None


if sys.platform == "win32":

    def _bitlocker(disk: str) -> bool | None:
        """Whether BitLocker protects a disk, named with its backslash."""
        try:
            said = subprocess.run(
                ["powershell", "-NoProfile", "-NonInteractive", "-Command", _BITLOCKER],
                env=os.environ | {"MRNMESH_DISK": disk},
                capture_output=True,
                text=True,
                timeout=ANSWER_S_MAX,
                check=False,
            ).stdout.strip()
        except (OSError, subprocess.TimeoutExpired):
            return None
        return True if said in _BITLOCKER_ON else False if said in _BITLOCKER_OFF else None


def ports(settings: DaemonSettings, running: bool) -> list[Finding]:
    """Whether the daemon has its ports, or could have them."""
    found = [
        _port("API port", settings.listen, running, "listen", _serves),
        _port("sync port", settings.sync_listen, running, "sync_listen", _is_open),
    ]
    there = neighbours.who_answers(settings.url)
    if there is not None and there.author and not neighbours.is_daemon_of(settings):
        do = "give one of the two other ports: `listen` and `sync_listen` in its settings"
        text = f"at {settings.url} is another daemon: {phrases.writer(there.author)}"
        found[0] = Finding("API port", FindingLevel.PROBLEM, text, do)
    addresses = [one.text for one in (settings.listen, settings.sync_listen)]
    do = "give one of the two other ports, before both are to run"
    return found + [
        Finding("ports", FindingLevel.WARNING, clash.rstrip("."), do)
        for clash in neighbours.clashes(settings.folder, addresses)
    ]


def _port(
    name: str,
    address: Address,
    running: bool,
    setting: str,
    answers: Callable[[Address], bool],
) -> Finding:
    text = address.text
    if running:
        if not address.port or answers(address):
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
            found = f"{text} is not free ({causes.why(error)})"
            return Finding(name, FindingLevel.PROBLEM, found, do)
    return Finding(name, FindingLevel.OK, f"{text} is free")


def _serves(address: Address) -> bool:
    """True when a daemon answers to HTTP there."""
    return said_time(f"http://{address.nearby}/") is not None


def _is_open(address: Address) -> bool:
    """True when a program accepts connections there; whoever syncs has to show a certificate."""
    try:
        with socket.create_connection((address.near, address.port), ANSWER_S_MAX):
            return True
    except OSError:
        return False


def said_time(url: str, context: ssl.SSLContext | None = None) -> float | None:
    """The time that the HTTP server at ``url`` says it is, None if nothing answers there.

    Args:
        context: by which an encrypted address is dialled.
    """
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    request = urllib.request.Request(parts._replace(scheme=scheme).geturl())
    opener = _OPENER
    if context is not None:
        no_proxy = urllib.request.ProxyHandler({})
        opener = urllib.request.build_opener(no_proxy, urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=ANSWER_S_MAX) as response:
            date = response.headers.get("Date")
    except urllib.error.HTTPError as error:
        date = error.headers.get("Date")
    except (OSError, ValueError):
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return None
