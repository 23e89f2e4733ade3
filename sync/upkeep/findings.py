"""What the doctor reports: findings, and the rules by which measured values become findings."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from sync.model import phrases
from sync.protocol.handshake import NOT_COORDINATOR

CLOCK_S_MAX: Final = 600
"""As far as a clock may differ before its times are not believed, see `sync.model.clock`."""
CLOCK_S_GOOD: Final = 60
SPACE_GOOD: Final = 1_000_000_000
SPACE_MIN: Final = 100_000_000
FEW_LEFT: Final = 0.1
ENDED: Final = ("replaced", "retired", "revoked")
SQLITE_MENDED: Final = (3, 51, 3)
PYTHON_MIN: Final = (3, 11)
REMOTE: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "9p", "afs", "ceph"}
)
FLEETING: Final = frozenset({"tmpfs", "ramfs"})


_EVERYBODY: Final = frozenset(
    {
        *("WD", "BU", "AU", "IU", "BG", "AN", "NU", "LG", "DU", "DG", "AC"),
        *("S-1-1-0", "S-1-5-32-545", "S-1-5-11", "S-1-5-4", "S-1-5-32-546", "S-1-5-7"),
        *("S-1-5-2", "S-1-2-0", "S-1-2-1", "S-1-15-2-1"),
    }
)
_DOMAIN_USERS: Final = re.compile(r"S-1-5-21-.*-(501|513|514)$")
"""Windows's names and ids of groups that many users are in, and of guests."""

_DATA: Final = 0xD000_0003
"""To read or write the content, or everything."""


class FindingLevel(enum.StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(NamedTuple):
    """What was looked at, how it is, and what to do; the last is empty where all is well."""

    check: str
    level: FindingLevel
    found: str
    do: str = ""


def worst(findings: Iterable[Finding]) -> FindingLevel:
    """The worst level of all."""
    order = list(FindingLevel)
    return max((one.level for one in findings), key=order.index, default=FindingLevel.OK)


def summary(findings: Iterable[Finding]) -> str:
    """How many findings need somebody, in a sentence."""
    levels = [one.level for one in findings]
    found = [
        phrases.count(number, level.value)
        for level in (FindingLevel.PROBLEM, FindingLevel.WARNING)
        if (number := levels.count(level))
    ]
    return f"{', '.join(found)}." if found else "All is well."


def findings_table(findings: Iterable[Finding]) -> str:
    """Findings as lines, and below each what to do."""
    lines = []
    for one in findings:
        lines.append(f"{one.level:<9}{one.check:<13} {one.found}")
        if one.do:
            lines.append(f"{'':<23}-> {one.do}")
    return "\n".join(lines)


def key_elsewhere(mode: int, path: Path) -> Finding:
    """Who may read the private key, by the mode of its file."""
    if mode & 0o077:
        do = f"type `chmod 600 {path}`, and think of who may have copied the key"
        return Finding("private key", FindingLevel.PROBLEM, "others may read or change it", do)
    return Finding("private key", FindingLevel.OK, "only its owner may read it")


def key_on_windows(rights: str, path: Path) -> Finding:
    """Who may read the private key, by the rights of its file in SDDL.

    A user who is named one by one is not looked at: the daemon may run as that one.
    """
    groups = [sid for sid in _granted(rights) if sid in _EVERYBODY or _DOMAIN_USERS.match(sid)]
    if groups:
        do = (
            "run windows-task.ps1 as administrator, which lets only the daemon, administrators and "
            "the system read it, and think of who may have copied the key"
        )
        found = f"every user of this computer may read or change {path} ({', '.join(groups)})"
        return Finding("private key", FindingLevel.PROBLEM, found, do)
    return Finding("private key", FindingLevel.OK, "only users who are named may read it")


def _granted(rights: str) -> list[str]:
    """The ids of those who are allowed to read or write what has these rights."""
    _, found, entries = rights.partition("D:")
    if not found or "NO_ACCESS_CONTROL" in entries:
        return ["WD"]
    granted = []
    for entry in re.findall(r"\(([^)]*)\)", entries.partition("S:")[0]):
        kind, flags, what, _, _, sid, *_ = entry.split(";")
        inherited_only = "IO" in re.findall("..", flags)
        if kind in ("A", "XA") and not inherited_only and _reads_or_writes(what):
            granted.append(sid)
    return granted


def _reads_or_writes(what: str) -> bool:
    if what.startswith("0x"):
        return bool(int(what, 16) & _DATA)
    return bool({"FA", "FR", "FW", "GA", "GR", "GW", "CC", "DC"} & set(re.findall("..", what)))


def clock(local_s: float, known_s: float, others_s: float | None) -> Finding:
    """The clock of this computer.

    Args:
        local_s: what it says, in seconds since 1970.
        known_s: the latest time that the coordinator was known to say, 0 if none.
        others_s: what the coordinator says now, None if it does not answer.
    """
    do = "set the clock of this computer, and let it set itself from the network"
    if others_s is not None:
        off = local_s - others_s
        if abs(off) > CLOCK_S_MAX:
            return Finding(
                "clock", FindingLevel.PROBLEM, f"it is {_off(off)} the coordinator's", do
            )
        if abs(off) > CLOCK_S_GOOD:
            return Finding(
                "clock", FindingLevel.WARNING, f"it is {_off(off)} the coordinator's", do
            )
        return Finding("clock", FindingLevel.OK, "it agrees with the coordinator's")
    if known_s - local_s > CLOCK_S_MAX:
        found = f"it is {_off(local_s - known_s)} the last time known from the coordinator"
        return Finding(
            "clock", FindingLevel.PROBLEM, found, f"{do}; an empty battery may be the cause"
        )
    known = "it is not before the last time known from the coordinator" if known_s else "it runs"
    return Finding("clock", FindingLevel.OK, f"{known}; the coordinator does not answer to compare")


def _off(seconds: float) -> str:
    side = "ahead of" if seconds > 0 else "behind"
    amount = abs(round(seconds))
    if amount < 7200:
        return f"{amount} seconds {side}"
    return f"{amount // 3600} hours {side}"


def space(free: int, folder: object) -> Finding:
    """Free bytes on the disk of a folder."""
    found = f"{free / 1e9:.1f} GB free for {folder}"
    do = "free some space on this disk, or move the data folder: a full disk stops registration"
    if free < SPACE_MIN:
        return Finding("disk space", FindingLevel.PROBLEM, found, do)
    return Finding(
        "disk space",
        FindingLevel.WARNING if free < SPACE_GOOD else FindingLevel.OK,
        found,
        do if free < SPACE_GOOD else "",
    )


def file_system(kind: str | None, folder: object) -> Finding:
    """The file system that the data folder is on; None if the system does not say."""
    if kind is None:
        return Finding("file system", FindingLevel.OK, "this system does not say what it is")
    if kind in REMOTE or kind == "network":
        return Finding(
            "file system",
            FindingLevel.PROBLEM,
            f"{folder} lies on a network ({kind}), where a database is not safe",
            "stop the daemon and move the data folder to a disk in this computer",
        )
    if kind in FLEETING:
        return Finding(
            "file system",
            FindingLevel.WARNING,
            f"{folder} lies in memory ({kind}) and is gone after a power cut",
            "stop the daemon and move the data folder to a disk",
        )
    return Finding("file system", FindingLevel.OK, f"a disk of this computer ({kind})")


def encryption(encrypted: bool | None, folder: object) -> list[Finding]:
    """Whether the disk of the data folder is encrypted; nothing if the system does not say."""
    if encrypted is None:
        return []
    if encrypted:
        return [Finding("encryption", FindingLevel.OK, "the disk of the data folder is encrypted")]
    found = f"the disk of {folder} is not encrypted: whoever takes it can read all patients"
    do = "switch on BitLocker (Windows) or LUKS (Linux); the page on security says how"
    return [Finding("encryption", FindingLevel.WARNING, found, do)]


def versions(
    ours: str, python: tuple[int, ...], bits: int, system: str, sqlite: tuple[int, ...]
) -> list[Finding]:
    """What the daemon runs on."""
    number = ".".join(map(str, python))
    found = [Finding("mrnmesh", FindingLevel.OK, f"version {ours}")]
    if python < PYTHON_MIN:
        do = "install Python 3.11 or later and install mrnmesh anew with it"
        found.append(Finding("python", FindingLevel.PROBLEM, number, do))
    else:
        found.append(Finding("python", FindingLevel.OK, number))
    if bits != 64:
        do = "install a 64-bit system and a 64-bit Python: parts of mrnmesh exist for no other"
        found.append(
            Finding("system", FindingLevel.PROBLEM, f"{system}, Python of {bits} bits", do)
        )
    else:
        found.append(Finding("system", FindingLevel.OK, f"{system}, 64 bits"))
    text = ".".join(map(str, sqlite))
    remark = ""
    if sqlite < SQLITE_MENDED:
        remark = (
            "; before 3.51.3 it can damage a database that two programs write. mrnmesh writes with "
            "one connection only: let no other program write to register.db"
        )
    found.append(Finding("sqlite", FindingLevel.OK, text + remark))
    return found


def pin(found: str | None, wanted: str | None) -> Finding:
    """The version of pycrdt against the one that this version was tested with."""
    if found is not None and (wanted is None or found == wanted):
        return Finding("pycrdt", FindingLevel.OK, found)
    do = f"pip install pycrdt=={wanted}, in the environment of mrnmesh" if wanted else "install it"
    return Finding("pycrdt", FindingLevel.PROBLEM, f"{found or 'missing'}, not {wanted}", do)


def terminal(code: str, state: str) -> Finding:
    """How the registry has this terminal."""
    check = "terminal"
    if state == "active":
        return Finding(check, FindingLevel.OK, f"{code} is active")
    if state == "unknown":
        return Finding(
            check,
            FindingLevel.PROBLEM,
            f"{code} is not in the registry, as far as this copy knows: it gives no numbers",
            "enrol it with a code of the administrator: `mrnmesh-coordinator terminals enrol "
            f"{code}` prints one; type it here (`mrnmesh-node enrol CODE`), and let both run",
        )
    return Finding(
        check,
        FindingLevel.PROBLEM,
        f"{code} is {state}: it gives no numbers",
        "ask the administrator why; `mrnmesh-coordinator terminals list` shows it",
    )


def ranges(
    code: str, held: Iterable[tuple[str, int, int, str | None]], state: str = "active"
) -> list[Finding]:
    """The ranges of a terminal, as (range, size, left, why it is closed).

    None is looked at when its ``state`` is an end: nobody can grant it another. Without a range a
    desk works while the coordinator answers, so that is a warning, as it is in the alarm.
    """
    if state in ENDED:
        return []
    if state == "unknown":
        return []  # nobody can grant it one before it is added, which is said there
    grant = (
        "a connected desk gets one by itself while the pool is on; otherwise at the coordinator: "
        f"mrnmesh-coordinator terminals grant {code}"
    )
    listed = list(held)
    usable = [(left, size) for _, size, left, closed in listed if closed is None and left > 0]
    shown = "; ".join(
        f"{text}: {phrases.closed(closed) if closed else f'{left} left'}"
        for text, _, left, closed in listed
    )
    if not listed:
        found = "no range was granted: without the coordinator it can give no number"
        return [Finding("ranges", FindingLevel.WARNING, found, grant)]
    if not usable:
        return [Finding("ranges", FindingLevel.PROBLEM, f"no number is left ({shown})", grant)]
    left, size = sum(one for one, _ in usable), sum(other for _, other in usable)
    if left < size * FEW_LEFT:
        return [Finding("ranges", FindingLevel.WARNING, f"few numbers are left ({shown})", grant)]
    return [Finding("ranges", FindingLevel.OK, shown)]


ENROL_AGAIN: Final = (
    "ask the administrator whether its signing key or its authority was replaced: then enrol this "
    "computer again with a code (`mrnmesh-node enrol CODE`), and it keeps its people and numbers. "
    "Else see whether `coordinator` in the settings is the right address. If another coordinator "
    "took the place of yours, enrol this computer with a code of it in a new data folder, and let "
    "the administrator bring in what is in this one: `mrnmesh-coordinator terminals salvage`"
)


def refused(reason: str, why: str) -> Finding:
    """A peer that answers, and gives nothing but the registry."""
    if reason == NOT_COORDINATOR:
        return Finding("coordinator", FindingLevel.PROBLEM, why, ENROL_AGAIN)
    return Finding(
        "coordinator",
        FindingLevel.PROBLEM,
        f"it refuses to sync ({reason}): {why}",
        "look at this terminal with `mrnmesh-coordinator terminals list`; a desk that was set up "
        "anew needs a code of its own",
    )


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """For programs."""
    return {"level": worst(findings).value, "findings": [one._asdict() for one in findings]}
