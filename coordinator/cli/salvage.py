"""``terminals salvage`` and ``salvage``: what is on a dead desk's disk, or the coordinator's."""

from __future__ import annotations

import argparse
import contextlib
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from coordinator.cli.calling import add_call, client
from coordinator.cli.conflicts_text import REASONS
from sync.cli import command
from sync.cli.client import Client
from sync.cli.errors import CallRefused
from sync.cli.progress import progress
from sync.model import phrases
from sync.model.facts import COORDINATOR, REGISTRY
from sync.protocol import messages
from sync.storage import files
from sync.upkeep import salvage
from sync.upkeep.archive import Tell
from sync.upkeep.salvage import LostRecord, Piece, Salvage

_COPYING: Final = "mrnmesh-salvage-"
_HELP: Final = """\
Bring in the people whom a desk registered and could not send before it died or was retired. FOLDER
is the desk's data folder, for example on its old disk, which may be read-only and is not changed; a
backup file of the desk will do as well. What the desk had not signed yet is signed here, with its
own key from that folder. It can be interrupted and run again."""
_OWN_HELP: Final = """\
Bring in what a former data folder of this coordinator has and a backup of before lacks: people who
were registered at the coordinator, and what it gave and decided. FOLDER is that folder, which may
be damaged, may be on an old disk, and is not changed; one of set-aside-1 or a backup file will do
as well. Run it while the coordinator is in recovery. It can be interrupted and run again."""


@dataclass
class SalvageReport:
    """What became of everything that was brought."""

    facts: int = 0
    new_facts: int = 0
    people: Counter[str] = field(default_factory=Counter)
    refused: list[dict[str, Any]] = field(default_factory=list)


def add(acts: command.Commands) -> None:
    """Add ``salvage`` to the acts on terminals."""
    parser = add_call(
        acts,
        "salvage",
        "bring in what is on the disk of a desk that died or was retired",
        lambda options: _salvage(options.code, options, client(options)),
        """
        mrnmesh-coordinator terminals salvage LAB1-PC /mnt/old/var/lib/mrnmesh-node
        mrnmesh-coordinator terminals salvage LAB1-PC D:/old/mrnmesh-node
        """,
    )
    parser.description = _HELP
    parser.add_argument("code", help="the desk's terminal code")
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="its data folder, or a backup file of it"
    )


def add_own(commands: command.Commands) -> None:
    """Add the command for a former data folder of the coordinator itself."""
    parser = add_call(
        commands,
        "salvage",
        "bring in what is in a former data folder of this coordinator",
        lambda options: _salvage(COORDINATOR, options, client(options)),
        """
        mrnmesh-coordinator salvage clinic/hub-broken
        mrnmesh-coordinator salvage D:/old/mrnmesh-coordinator
        """,
    )
    parser.description = _OWN_HELP
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="the former data folder, or a backup file of it"
    )


def _salvage(code: str, options: argparse.Namespace, api: Client) -> int:
    path = f"/api/terminals/{code}/salvage/"
    files.remove_leftovers(None, _COPYING)
    with (
        progress() as tell,
        files.scratch_folder(None, _COPYING) as scratch,
        salvage.opened(options.folder, code, scratch, tell) as found,
    ):
        key = found.public_key.hex()
        own = _begin(found, api, path, tell)
        asked = _ask(found, api, path)
        report = _bring(found.pieces(), api, path, tell)
        report.new_facts += own + asked.new_facts
        report.people.update(asked.people)
        report.refused += [
            {"author": lost.author, "shard": lost.shard, "reason": "unreadable", "why": lost.why}
            for lost in dict.fromkeys(found.unreadable)
        ]
        lost = [_lost(one, api) for one in found.lost]
        unread = _unread(found, lost)
        is_known = found.objection is None and not found.doubts
        complete = is_known and not report.refused and not unread
        people = api.call("POST", f"{path}end/", {"complete": complete, "public_key": key})[
            "people"
        ]
        outcome = {
            "terminal": code,
            "complete": complete,
            "facts": report.facts,
            "new_facts": report.new_facts,
            "people": found.patients,
            "new_people": dict(report.people),
            "people_of_terminal": people,
            "refused": report.refused,
            "mended": found.mended,
            "lost": lost,
            "unread": unread,
            "doubts": found.doubts,
            "objection": found.objection,
        }
    if options.json:
        command.print_json(outcome)
    else:
        print("\n".join(report_lines(outcome)))
    return 0 if complete else 1


def _begin(found: Salvage, api: Client, path: str, tell: Tell) -> int:
    """Ask whether the disk may be brought in; return how many facts were brought for that.

    A coordinator that was restored from a backup of before does not know the desk. What it gave the
    desk since then it has signed itself, and that is on the disk.

    Raises:
        CallRefused: the desk is none of this clinic.
    """
    start = {"public_key": found.public_key.hex()}
    try:
        api.call("POST", path, start)
    except CallRefused:
        own = _bring(found.pieces((REGISTRY, COORDINATOR)), api, path, tell)
        if not own.new_facts:
            raise
        api.call("POST", path, start)
        return own.new_facts
    return 0


def _ask(found: Salvage, api: Client, path: str) -> SalvageReport:
    """Ask of each run with changed records whether the coordinator has what was written.

    It has nearly all of what the desk got from others, and much of what the desk has sent. Then
    nothing of it is lost, and nobody need look for it.
    """
    report = SalvageReport()
    for part in found.good_parts():
        answer = api.send(f"{path}facts/", messages.encode(messages.Push(0, (part.batch,))))
        if not answer["refused"]:
            found.leave_out(part.run)
            report.new_facts += answer["facts"]
            report.people.update(answer["people"])
    return report


def _bring(pieces: Iterable[Piece], api: Client, path: str, tell: Tell) -> SalvageReport:
    report = SalvageReport()
    for piece in pieces:
        answer = api.send(f"{path}facts/", messages.encode(messages.Push(0, piece.batches)))
        report.facts = piece.done
        report.new_facts += answer["facts"]
        report.people.update(answer["people"])
        report.refused += answer["refused"]
        tell("bringing in", piece.done, piece.total)
    return report


def _lost(one: LostRecord, api: Client) -> dict[str, Any]:
    """Somebody whose record on the disk is not what it was; the coordinator may have them."""
    record = str(uuid.UUID(bytes=one.record)) if one.record else None
    is_here = False
    if record is not None and one.registers:
        with contextlib.suppress(CallRefused):
            api.call("GET", f"/api/patients/{record}/")
            is_here = True
    return {
        "author": one.author,
        "shard": one.shard,
        "mrn": one.mrn,
        "full_name": one.full_name,
        "father_name": one.father_name,
        "record_id": record,
        "what": "registration" if one.registers else "correction" if record else None,
        "is_here": is_here,
    }


def _unread(found: Salvage, lost: list[dict[str, Any]]) -> int:
    """How many records are on the disk that were not brought in, and are not known to be here."""
    parts = {(one.author, one.shard): one.records for one in found.unreadable}
    alone = [one for one in lost if (one["author"], one["shard"]) not in parts]
    return found.stray + sum(parts.values()) + sum(not one["is_here"] for one in alone)


def _lost_lines(report: dict[str, Any]) -> list[str]:
    """What a fault of the disk has changed, and what is to be done about it."""
    lines = []
    if report["mended"]:
        lines.append(
            f"{phrases.count(report['mended'], 'record was', 'records were')} changed by a fault of"
            " the disk, and put right again before anything was brought in."
        )
    lost = [one for one in report["lost"] if not one["is_here"]]
    if lost:
        lines.append("A fault of the disk has changed these records, so they are not brought in:")
    for one in lost:
        who = one["full_name"] or "name unknown"
        if one["father_name"]:
            who += f", father {one['father_name']}"
        if one["what"] is None:
            lines.append(
                f"    a record of {phrases.writer(one['author'])}, part {one['shard']}: what was in"
                " it cannot be read"
            )
        else:
            what = "" if one["what"] == "registration" else "a correction of "
            lines.append(f"    {what}number {one['mrn'] or 'unknown'}: {who}")
    if any(one["what"] == "registration" for one in lost):
        lines.append(
            "Look for them in a backup of the desk, and bring that in with this command too. Whom"
            " no backup has is registered again when they come: their card shows the number."
        )
    elif lost:
        lines.append("Look at the people who are named here, and correct them again.")
    return lines


def report_lines(report: dict[str, Any]) -> list[str]:
    """A report for people."""
    code = phrases.writer(report["terminal"])
    brought = sum(report["new_people"].values())
    lines = [
        f"{phrases.count(report['facts'], 'record was', 'records were')} on the disk of {code}, "
        f"{report['new_facts']} of them new here.",
        f"People that are new here: {brought}.",
    ]
    lines += [
        f"    registered at {phrases.writer(author)}: {n}"
        for author, n in report["new_people"].items()
    ]
    lines.append(f"People registered at {code}, as they stand now:")
    for row in report["people_of_terminal"]:
        # A reason stays with somebody whose number was refused once and is confirmed now.
        refused = row["status"] == "rejected" and row["reason"]
        reason = f" ({REASONS.get(refused, refused)})" if refused else ""
        status = phrases.STATUSES.get(row["status"], row["status"])
        lines.append(f"    {status}{reason}: {row['count']}")
    for row in report["refused"]:
        lines.append(
            f"Not taken: part {row['shard']} of what {phrases.writer(row['author'])} wrote "
            f"({row['reason']}): {row['why']}."
        )
    lines += _lost_lines(report)
    if report["unread"]:
        count = phrases.count(report["unread"], "record", "records")
        lines.append(f"Not brought in, because they cannot be read or proven: {count}.")
    if report["doubts"]:
        lines.append(
            f"There was more on it than can be read: {'; '.join(report['doubts'])}. Look for it in"
            " a backup, and bring that in with this command too."
        )
    if report["refused"] or report["unread"] or report["doubts"]:
        lines.append("Keep the disk: what was not taken may still be on it.")
    if report["objection"]:
        lines.append(
            f"Something may be missing, because the files do not belong together: "
            f"{report['objection']}. Look for the right file, put it there, and run this again."
        )
    if report["complete"]:
        lines.append("All that was on it is in the register of the coordinator now.")
    return lines
