"""``mrnmesh-coordinator formats``: what new numbers look like, with check digits."""

from __future__ import annotations

import argparse
from typing import Any, Final

from coordinator.cli.calling import add_call, client
from sync.cli import command
from sync.model import phrases
from sync.model.printed.checks import Check
from sync.model.printed.formats import PrintedKind

PATH: Final = "/api/number-formats/"


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "formats",
        "what new numbers look like: prefix, width, check digit",
        """
        mrnmesh-coordinator formats show
        mrnmesh-coordinator formats on plain --prefix C --width 7 --check damm --dry-run
        mrnmesh-coordinator formats off plain
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    shown = "mrnmesh-coordinator formats show"
    add_call(acts, "show", "the forms of numbers", _show, f"{shown}\n{shown} --json")
    on = add_call(
        acts,
        "on",
        "print new numbers in a form; old ones stay as they are",
        _switch,
        """
        mrnmesh-coordinator formats on plain --prefix C --width 7 --check luhn --dry-run
        mrnmesh-coordinator formats on online --prefix PAT- --separator - --check verhoeff
        """,
    )
    on.add_argument("kind", choices=list(PrintedKind), help="of ranges, or given online")
    on.add_argument("--prefix", default="", metavar="TEXT", help="capitals, digits, - and .")
    on.add_argument(
        "--width", type=int, default=0, metavar="N", help="digits of a plain number, zeros in front"
    )
    on.add_argument("--separator", default="", metavar="-", help="before the check digit")
    on.add_argument("--check", choices=list(Check), default=Check.NONE, help="the check digit")
    on.add_argument(
        "--all-upgraded",
        action="store_true",
        help="desks that are not connected run this version too",
    )
    on.set_defaults(on=True)
    off = add_call(
        acts,
        "off",
        "print new numbers as they are again; old ones keep their form",
        _switch,
        "mrnmesh-coordinator formats off plain",
    )
    off.add_argument("kind", choices=list(PrintedKind), help="of ranges, or given online")
    off.set_defaults(on=False)
    for parser_ in (on, off):
        parser_.add_argument(
            "--dry-run", action="store_true", help="say what will happen, change nothing"
        )


def _show(options: argparse.Namespace) -> int:
    shown = client(options).call("GET", PATH)
    if options.json:
        command.print_json(shown)
        return 0
    for kind in PrintedKind:
        print(f"New {kind} numbers: {_described(shown[kind])}.")
    for form in shown["in_use"]:
        print(f"In use: {_described(form)}.")
    return 0


def _switch(options: argparse.Namespace) -> int:
    body: dict[str, Any] = {"kind": options.kind, "on": options.on, "dry_run": options.dry_run}
    if options.on:
        names = ("prefix", "width", "separator", "check", "all_upgraded")
        body |= {name: getattr(options, name) for name in names}
    plan = client(options).call("PATCH", PATH, body)
    if options.json:
        command.print_json(plan)
    else:
        print(plan_text(plan))
    return 0


def plan_text(plan: dict[str, Any]) -> str:
    """What a change does, one sentence a line.

    Args:
        plan: as ``PATCH /api/number-formats/`` answers.
    """
    will = "are" if plan["done"] else "would be"
    lines = [
        f"New {plan['kind']} numbers {will} printed {_described(plan['after'])}; "
        f"before: {_described(plan['before'])}."
    ]
    if plan["example"]:
        lines.append(f"- One of the next is {plan['example']}.")
    if plan["old_numbers"]:
        many = phrases.count(plan["old_numbers"], "number")
        look = "looks" if plan["old_numbers"] == 1 else "look"
        lines.append(f"- {many} of ranges that were granted before still {look} as before.")
    lines.append("- Numbers that people have stay as they are, and stay valid.")
    for desks, why in (
        (plan["earlier"], "upgrade {} first, because an earlier version prints bare numbers"),
        (plan["unknown"], "not connected, so {} version is not known"),
    ):
        if desks:
            one, several = ("it", "them") if desks is plan["earlier"] else ("its", "their")
            said = why.format(one if len(desks) == 1 else several)
            lines.append(f"- {', '.join(desks)}: {said}.")
    if not plan["done"]:
        lines.append("Nothing was changed.")
    return "\n".join(lines)


def _described(form: dict[str, Any] | None) -> str:
    if form is None:
        return "as they are"
    check = f", check digit {form['check']}" if form["check"] != Check.NONE else ""
    return f"as {form['description']}{check}"
