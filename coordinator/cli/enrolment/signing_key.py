"""``mrnmesh-coordinator signing-key``: by what desks know their coordinator, shown and replaced."""

from __future__ import annotations

import argparse
from typing import Any, Final

from coordinator import config
from coordinator.cli.calling import add_call, client
from coordinator.cli.enrolment import replacing
from sync.cli import asking, command
from sync.errors import BadOption
from sync.model import phrases

_REPLACE: Final = """\
Make a new signing key, when the one in use is lost (--lost), or when somebody else may have it
(--stolen). The coordinator must be stopped. Afterwards every desk has to be enrolled again, with a
code of its own; until then it goes on registering with numbers of its own. It keeps its code,
its numbers and its people. No number that was ever given changes.

With --former, say a key too that came after the one which is here: a backup of before it was
restored. Desks that were enrolled with it would follow this coordinator no more. Say with --here
why it took the place of the one that is here; --lost and --stolen are about the one that you name.

With --lost, all that desks hold of the coordinator counts on, also what this computer lacks. With
--stolen only what this computer holds now: whatever else was signed with the former key is taken
for the thief's."""


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "signing-key",
        "the key by which desks know the coordinator: show it, replace it",
        """
        mrnmesh-coordinator signing-key show                 # and which desks are left
        mrnmesh-coordinator signing-key replace --stolen --reason "the computer was stolen"
        mrnmesh-coordinator signing-key replace --lost --reason "no recovery key for the backup"
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    shown = "mrnmesh-coordinator signing-key show"
    add_call(
        acts,
        "show",
        "the signing key, and which desks have to be enrolled again",
        _show,
        f"{shown}\n{shown} --json",
    )
    replace = command.add(
        acts,
        "replace",
        "make a new signing key; every desk has to be enrolled again",
        """
        mrnmesh-coordinator signing-key replace --stolen --reason "a disk is missing"
        mrnmesh-coordinator signing-key replace --lost --reason "the file is damaged" --yes
        """,
    )
    replace.description = _REPLACE
    how = replace.add_mutually_exclusive_group(required=True)
    how.add_argument("--lost", action="store_true", help="nobody has the former key any more")
    how.add_argument("--stolen", action="store_true", help="somebody else may have the former key")
    replace.add_argument("--reason", required=True, help="kept with it")
    replace.add_argument(
        "--former",
        metavar="KEY",
        help="a former public key that nothing here tells, because its files are gone, or a backup "
        "of before it was restored: `coordinator_key` in the node.toml of a desk",
    )
    replace.add_argument(
        "--here",
        choices=("lost", "stolen"),
        help="where the key that you name came after the one that is here: why it took its place",
    )
    asking.add_yes_option(replace)
    command.add_json_option(replace)
    replace.set_defaults(act=_replace)


def _show(options: argparse.Namespace) -> int:
    answer = client(options).call("GET", "/api/signing-key/")
    if options.json:
        command.print_json(answer)
    else:
        for line in _lines(answer):
            command.say(options, line)
    return 0


def _lines(answer: dict[str, Any]) -> list[str]:
    lines = [f"Desks know this coordinator by the key {answer['key'][:32]}."]
    for former in answer["former"]:
        how = "lost" if former["trusted"] else "no longer trusted"
        lines.append(f"Before it had {former['key'][:32]} ({how}): {former['why']}")
    left, enrolled = answer["left"], answer["enrolled"]
    if left:
        desks = phrases.count(len(left), "desk")
        lines += [
            f"{desks} of {len(left) + len(enrolled)} must be enrolled again: {', '.join(left)}.",
            "For each: `mrnmesh-coordinator terminals enrol CODE`, and type what it prints there.",
        ]
    elif answer["former"]:
        lines.append("Every desk has been enrolled again.")
    return lines


def _replace(options: argparse.Namespace) -> int:
    settings = config.load(options.data)
    former = _key(options.former) if options.former else None
    if not options.yes and not asking.agreed(_plan(options.lost)):
        print(asking.NOTHING_DONE)
        return 1
    here = None if options.here is None else options.here == "lost"
    key = replacing.replace(settings, options.lost, options.reason, former, here)
    if options.json:
        command.print_json({"key": key.hex()})
        return 0
    print(f"Desks will know this coordinator by the key {key.hex()[:32]}.")
    print("Codes that were open have ended, and the authority has no passphrase any more.")
    print("Now start the coordinator, and enrol every desk again:")
    command.say(options, "  mrnmesh-coordinator run")
    command.say(options, "  mrnmesh-coordinator terminals enrol CODE")
    command.say(options, "  mrnmesh-coordinator signing-key show     # which desks are left")
    print("Make a backup then: backups of before hold the former key.")
    return 0


def _plan(lost: bool) -> str:
    """What `replace` will do."""
    counts = (
        "What desks hold of this coordinator counts on."
        if lost
        else "What was signed with the former key and is not on this computer counts no more."
    )
    return (
        "The signing key and the authority are replaced, and this cannot be undone. No desk can "
        "sync until it is enrolled again, with a code of its own; it goes on registering with "
        f"numbers of its own. {counts}"
    )


def _key(text: str) -> bytes:
    """A public key in hexadecimal.

    Raises:
        BadOption: it is none.
    """
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != replacing.KEY_BYTES:
        raise BadOption(option="--former", why="write all 64 digits of the key")
    return key
