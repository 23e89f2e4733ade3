"""``mrnmesh-coordinator ca``: the authority for pages, which the computers of the clinic trust."""

from __future__ import annotations

import argparse
import ipaddress
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization

from coordinator import config
from sync.cli import asking, command
from sync.https import issuing, own_names, pages_authority
from sync.https.issuing import IpAddress, ServerNames
from sync.https.pages_authority import PagesAuthority
from sync.storage import files
from sync.trust.certificates import new_key

_PLAN: Final = """\
A new authority for pages will take the place of the one that is there. This cannot be undone: every
computer, tablet and phone that trusts the old one has to trust the new one before it can open the
pages of this coordinator again. Desks are not concerned: they have an authority of their own."""


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "ca",
        "the authority for pages over HTTPS (`https_listen`), which is not that of the desks",
        """
        mrnmesh-coordinator ca export clinic.crt    # for the computers of the clinic to trust
        mrnmesh-coordinator ca issue 10.0.0.5 lab1.pem   # for a desk
        mrnmesh-coordinator ca renew                # after its host names have changed
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    export = command.add(
        acts,
        "export",
        "write the certificate that computers are to trust; it is no secret",
        """
        mrnmesh-coordinator ca export clinic.crt
        mrnmesh-coordinator ca export -             # print it
        """,
    )
    export.add_argument("file", type=Path, help="the file to write, or - for the output")
    command.add_json_option(export)
    export.set_defaults(act=_export)
    issue = command.add(
        acts,
        "issue",
        "write a certificate and its key for a desk that other computers call (`https_listen`)",
        """
        mrnmesh-coordinator ca issue 10.0.0.5 lab1.pem      # then carry the file to that desk
        """,
    )
    issue.add_argument("address", type=_private, help="the private IP address of the desk")
    issue.add_argument("file", type=Path, help="the file to write; it holds the key too")
    command.add_json_option(issue)
    issue.set_defaults(act=_issue)
    renew = command.add(
        acts,
        "renew",
        "make a new authority for the host names that the computer has now; it asks first",
        """
        mrnmesh-coordinator ca renew
        mrnmesh-coordinator ca renew --yes
        """,
    )
    asking.add_yes_option(renew)
    command.add_json_option(renew)
    renew.set_defaults(act=_renew)


def _export(options: argparse.Namespace) -> int:
    settings = config.load(options.data)
    authority = pages_authority.ensure(settings.folder, own_names.hosts(settings.host_names))
    if str(options.file) == "-":
        sys.stdout.buffer.write(authority.pem)
        return 0
    options.file.write_bytes(authority.pem)
    if options.json:
        command.print_json(
            {"file": str(options.file.absolute()), "sha256": _fingerprint(authority)}
        )
    else:
        print(f"{options.file} is what computers are to trust. Its fingerprint (SHA-256):")
        print(_fingerprint(authority))
    return 0


def _private(text: str) -> IpAddress:
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no IP address") from error
    if not issuing.is_private(address):
        raise argparse.ArgumentTypeError(f"{text} is no private address, as 10.0.0.5 is")
    return address


def _issue(options: argparse.Namespace) -> int:
    settings = config.load(options.data)
    authority = pages_authority.ensure(settings.folder, own_names.hosts(settings.host_names))
    key, names = new_key(), ServerNames(frozenset(), frozenset({options.address}))
    now = datetime.now(UTC)
    made = issuing.issue(authority.certificate, authority.key, key.public_key(), names, now)
    chain = made.public_bytes(serialization.Encoding.PEM) + authority.pem
    files.write_private(options.file.absolute(), pages_authority.key_pem(key) + chain)
    until = made.not_valid_after_utc.date().isoformat()
    if options.json:
        command.print_json({"file": str(options.file.absolute()), "until": until})
        return 0
    print(f"{options.file} is good for https://{options.address} until {until}. It holds the key:")
    print("carry it to the desk, name it there in `https_certificate` and in `https_key`, and")
    print("remove it here. Computers that trust the authority for pages trust that desk then.")
    return 0


def _renew(options: argparse.Namespace) -> int:
    settings = config.load(options.data)
    if not options.yes and not asking.agreed(_PLAN):
        print(asking.NOTHING_DONE)
        return 1
    pages_authority.make(settings.folder, own_names.hosts(settings.host_names))
    authority = pages_authority.read(settings.folder)
    if options.json:
        command.print_json({"sha256": _fingerprint(authority)})
    else:
        print("There is a new authority; a running coordinator takes it up within a minute. Its")
        print(f"fingerprint (SHA-256): {_fingerprint(authority)}")
        command.say(options, "Export it: `mrnmesh-coordinator ca export FILE`.")
    return 0


def _fingerprint(authority: PagesAuthority) -> str:
    return issuing.fingerprint(authority.certificate)
