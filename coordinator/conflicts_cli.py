"""``mrnmesh-conflicts``: whose numbers were refused, who holds them, and why."""

from __future__ import annotations

import argparse
import sys
import unicodedata
from typing import Any, Final

from coordinator import config
from coordinator.calling import FOLDER, add_connection_options, client
from sync import command
from sync.errors import BadOption

REASONS: Final = {
    "duplicate_mrn": "another person holds this number",
    "outside_range": "the number was not this terminal's to give",
    "duplicate_record": "this record was registered before",
    "revoked": "the terminal was revoked when this arrived",
    "malformed": "the registration cannot be read",
    "double_verdict": "two coordinators confirmed this number for two people",
}
STATUSES: Final = {"pending": "waiting", "admitted": "confirmed", "rejected": "number refused"}
PREFIX_MIN: Final = 6
_ROWS: Final = (
    ("full_name", "Name"),
    ("father_name", "Father"),
    ("dob", "Born"),
    ("sex", "Sex"),
    ("phone", "Phone"),
    ("cnic", "CNIC"),
    ("address", "Address"),
    ("origin_terminal_code", "Terminal"),
    ("created_at", "Registered"),
    ("operator", "Operator"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    parser = command.new_parser(
        "mrnmesh-conflicts",
        "Numbers that two people claim, and what was refused.",
        """
        mrnmesh-conflicts list --open       # with the administrator's token in MRNMESH_TOKEN
        mrnmesh-conflicts show 710042       # both people, side by side
        """,
        FOLDER,
        config.TABLE.data_variable,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shown = commands.add_parser("list", help="all conflicts, the newest first")
    shown.add_argument("--open", action="store_true", help="only those not resolved")
    shown.set_defaults(act=_list)
    one = commands.add_parser("show", help="one conflict with both people side by side")
    one.add_argument("id", help="its id or the first digits of it, or the number that it is about")
    one.set_defaults(act=_show)
    for act in (shown, one):
        act.add_argument("--json", action="store_true", help="as JSON")
        add_connection_options(act)
    return command.run(parser, arguments)


def side_by_side(conflict: dict[str, Any]) -> str:
    """Both people of a conflict in two columns; ``*`` marks what differs."""
    refused, holder = conflict["patient"], conflict["holder"]
    other = holder or {}
    rows = [(" ", "", _heading(refused), "HOLDS THE NUMBER" if holder else "NOBODY HOLDS IT")]
    rows += [
        (
            "*" if name in conflict["differs"] else " ",
            title,
            refused.get(name) or "-",
            other.get(name) or "-",
        )
        for name, title in _ROWS
    ]
    rows.append((" ", "Status", _status(refused), _status(other) if holder else "-"))
    width = max(_shown(left) for _, _, left, _ in rows)
    lines = [
        f"Conflict {conflict['id']}: {_state(conflict)}",
        f"Number {conflict['mrn']}: {REASONS.get(conflict['reason'], conflict['reason'])}.",
        "",
    ]
    for mark, title, left, right in rows:
        lines.append(f"{mark} {title:<11}{left}{' ' * (width - _shown(left))}  {right}")
    if holder:
        lines += ["", _why(conflict, holder)]
    return "\n".join(lines)


def pick(conflicts: list[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """The conflicts about a number; if there are none, those whose id begins so."""
    about = [conflict for conflict in conflicts if conflict["mrn"] == wanted]
    if about or len(wanted) < PREFIX_MIN:
        return about
    return [conflict for conflict in conflicts if conflict["id"].startswith(wanted.lower())]


def _list(options: argparse.Namespace) -> int:
    path = "/api/conflicts/?open=1" if options.open else "/api/conflicts/"
    found = client(options).call("GET", path)["results"]
    if options.json:
        command.print_json(found)
        return 0
    if not found:
        print("No conflicts.")
    for conflict in found:
        refused, holder = conflict["patient"], conflict["holder"]
        print(f"{conflict['id']}  {conflict['mrn']}  {conflict['reason']}  {_state(conflict)}")
        kept = f", held by {_name(holder)}" if holder else ""
        print(f"    {_name(refused)}{kept}")
    return 0


def _show(options: argparse.Namespace) -> int:
    wanted = options.id.strip()
    if not wanted:
        raise BadOption(option="ID", why="name the number or the id of a conflict")
    chosen = pick(client(options).call("GET", "/api/conflicts/")["results"], wanted)
    if not chosen:
        print(f"mrnmesh-conflicts: there is no conflict {options.id}", file=sys.stderr)
        return 1
    if options.json:
        command.print_json(chosen)
    else:
        print("\n\n".join(map(side_by_side, chosen)))
    return 0


def _state(conflict: dict[str, Any]) -> str:
    return "open" if conflict["open"] else "resolved"


def _heading(refused: dict[str, Any]) -> str:
    return "NUMBER REFUSED" if refused["mrn_status"] == "rejected" else "ALSO CLAIMS IT"


def _status(person: dict[str, Any]) -> str:
    return STATUSES.get(person["mrn_status"], str(person["mrn_status"]))


def _name(person: dict[str, Any]) -> str:
    return f"{person['full_name']} ({person['origin_terminal_code'] or 'coordinator'})"


def _why(conflict: dict[str, Any], holder: dict[str, Any]) -> str:
    if conflict["resolution"]:
        return f"{holder['full_name']} holds {conflict['mrn']} because an administrator decided so."
    if holder["mrn_status"] == "admitted":
        return (
            f"{holder['full_name']} holds {conflict['mrn']} because the coordinator confirmed that "
            "registration first."
        )
    return f"{holder['full_name']} holds {conflict['mrn']} until the coordinator confirms one."


def _shown(text: str) -> int:
    """How many columns a text takes, which for joined marks is less than its characters."""
    return sum(not unicodedata.combining(character) for character in text)


if __name__ == "__main__":
    sys.exit(main())
