"""Asking the person at the keyboard: before what cannot be undone, and for passwords."""

from __future__ import annotations

import argparse
import getpass
import sys

from sync.cli.errors import NobodyToAsk, PasswordsDiffer

NOTHING_DONE = "Nothing was changed."


def add_yes_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--yes``."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def agreed(plan: str) -> bool:
    """Show what will happen, and ask whether it shall.

    Raises:
        NobodyToAsk: there is no terminal.
    """
    if not sys.stdin.isatty():
        raise NobodyToAsk()
    print(plan, file=sys.stderr)
    print("Shall that be done? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def line(question: str) -> str:
    """What somebody at a terminal answers; empty where they only press Enter, or end the input."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def password(name: str) -> str:
    """The password of a user: typed unseen, or the first line of the input where nobody types."""
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {name}: ")
    return sys.stdin.readline().rstrip("\r\n")


def new_password(name: str) -> str:
    """A new password, typed twice; or the first line of the input where nobody types.

    Raises:
        PasswordsDiffer: the two are not the same.
    """
    return _twice(f"New password of {name}: ")


def new_pin(name: str) -> str:
    """A new PIN, typed twice; or the first line of the input where nobody types.

    Raises:
        PasswordsDiffer: the two are not the same.
    """
    return _twice(f"New PIN of {name}: ")


def _twice(question: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(question)
    if getpass.getpass("The same again: ") != first:
        raise PasswordsDiffer()
    return first
