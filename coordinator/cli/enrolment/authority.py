"""``mrnmesh-coordinator authority``: what issues the certificates of desks, and its successor."""

from __future__ import annotations

import argparse
from typing import Any, Final

from coordinator import config
from coordinator.cli.calling import add_call, client
from coordinator.cli.enrolment import replacing
from sync.cli import asking, command
from sync.cli.client import Client
from sync.model import phrases

_ANEW: Final = """\
Make another authority at once, when the key of the one in use is lost: its file is gone, or nobody
knows the passphrase. The coordinator must be stopped. Every desk has to be enrolled again
afterwards, with a code of its own; it keeps its numbers and its people. Is the key still there,
though somebody else may have it, use `authority renew` and `authority finish`: desks get their new
certificates by themselves."""
_PLAN: Final = (
    "All certificates and codes that were ever given end, and this cannot be undone. No desk can "
    "sync until it is enrolled again; it goes on registering with numbers of its own."
)


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "authority",
        "what issues the certificates by which desks are known",
        """
        mrnmesh-coordinator authority show      # and which desks have no certificate yet
        mrnmesh-coordinator authority renew     # another one begins to take its place
        mrnmesh-coordinator authority finish --reason "its key was in a backup that is lost"
        mrnmesh-coordinator authority anew --reason "its file is gone"   # while it is stopped
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    shown = "mrnmesh-coordinator authority show"
    add_call(acts, "show", "the authority, and who is left", _show, f"{shown}\n{shown} --json")
    add_call(
        acts,
        "renew",
        "make a next authority, of which desks get certificates when they connect",
        _renew,
        "mrnmesh-coordinator authority renew     # then wait until `show` names nobody",
    )
    protect = add_call(
        acts,
        "passphrase",
        "lock the authority's key, so that `enrol` asks for a passphrase",
        _protect,
        """
        mrnmesh-coordinator authority passphrase            # asks for it twice
        mrnmesh-coordinator authority passphrase --remove   # no more
        """,
    )
    protect.add_argument(
        "--remove", action="store_true", help="the key needs no passphrase any more"
    )
    finish = add_call(
        acts,
        "finish",
        "let the next authority take the place of the one in use, for good",
        _finish,
        """
        mrnmesh-coordinator authority finish --reason "once a year"
        mrnmesh-coordinator authority finish --reason "it was stolen" --yes   # without being asked
        """,
    )
    finish.add_argument("--reason", required=True, help="kept with it")
    asking.add_yes_option(finish)
    _add_anew(acts)


def _add_anew(acts: command.Commands) -> None:
    anew = command.add(
        acts,
        "anew",
        "make another authority at once, when the key of the one in use is lost",
        """
        mrnmesh-coordinator authority anew --reason "its file is gone"
        """,
    )
    anew.description = _ANEW
    anew.add_argument("--reason", required=True, help="kept with it")
    asking.add_yes_option(anew)
    command.add_json_option(anew)
    anew.set_defaults(act=_make_anew)


def _show(options: argparse.Namespace) -> int:
    return _print(options, client(options).call("GET", "/api/authority/"))


def _renew(options: argparse.Namespace) -> int:
    api = client(options)
    return _print(options, api.call("POST", "/api/authority/renew/", passphrase(api)))


def _protect(options: argparse.Namespace) -> int:
    api = client(options)
    body = {"old": found["passphrase"]} if (found := passphrase(api)) else {}
    if not options.remove:
        body["new"] = asking.new_password("the authority")
    return _print(options, api.call("POST", "/api/authority/passphrase/", body))


def passphrase(api: Client) -> dict[str, str]:
    """The passphrase for a call that issues certificates, asked for only if it is needed."""
    if not api.call("GET", "/api/authority/")["locked"]:
        return {}
    return {"passphrase": asking.password("the authority")}


def _finish(options: argparse.Namespace) -> int:
    api = client(options)
    if not options.yes and not asking.agreed(_plan(api.call("GET", "/api/authority/")["left"])):
        print(asking.NOTHING_DONE)
        return 1
    answer = api.call("POST", "/api/authority/finish/", {"reason": options.reason})
    return _print(options, answer)


def _make_anew(options: argparse.Namespace) -> int:
    settings = config.load(options.data)
    if not options.yes and not asking.agreed(_PLAN):
        print(asking.NOTHING_DONE)
        return 1
    replacing.replace_authority(settings, options.reason)
    if options.json:
        command.print_json({"replaced": True})
        return 0
    print("There is another authority, without a passphrase. Start the coordinator, and enrol")
    print("every desk again:")
    command.say(options, "  mrnmesh-coordinator run")
    command.say(options, "  mrnmesh-coordinator terminals enrol CODE")
    command.say(options, "  mrnmesh-coordinator authority show     # which desks are left")
    return 0


def _plan(left: list[str]) -> str:
    """What `finish` will do, in numbers."""
    plan = "All certificates of the authority in use end, and this cannot be undone."
    if left:
        desks = phrases.count(len(left), "desk")
        plan += f" {desks} cannot sync any more until enrolled again: {', '.join(left)}."
    return plan


def _print(options: argparse.Namespace, answer: dict[str, Any]) -> int:
    if options.json:
        command.print_json(answer)
        return 0
    locked = " It is locked with a passphrase." if answer["locked"] else ""
    print(f"The authority in use has the key {answer['fingerprint'][:32]}.{locked}")
    if answer["next"] is not None:
        print(f"The next one has the key {answer['next'][:32]}.")
    left = answer["left"]
    which = "the one in use" if answer["next"] is None else "the next one"
    if left:
        print(f"Without a certificate of {which}: {', '.join(left)}.")
        print("Let them connect, or enrol them: `mrnmesh-coordinator terminals enrol CODE`.")
    else:
        print(f"Every desk has a certificate of {which}.")
    if answer["next"] is not None and not left:
        print("End the former one: `mrnmesh-coordinator authority finish --reason WHY`.")
    return 0
