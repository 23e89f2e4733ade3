"""``mrnmesh-coordinator terminals enrol``: a code that lets a desk in."""

from __future__ import annotations

import argparse
import io
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import segno

from coordinator.cli.calling import add_call, client
from coordinator.cli.enrolment.authority import passphrase
from coordinator.registry import enrolments
from sync.cli import asking, command
from sync.daemon import enrolment_files
from sync.daemon.enrolment_files import RequestFile
from sync.errors import BadOption, FileFails
from sync.model import causes
from sync.model.facts import as_terminal_code

_TIME: Final = re.compile(r"([0-9]{1,4})\s*(min|m|h|d)")
_SECONDS: Final = {"min": 60, "m": 60, "h": 3600, "d": 86400}


def add(acts: command.Commands) -> None:
    """Add the command."""
    enrol = add_call(
        acts,
        "enrol",
        "a code by which a desk on any computer is let in, once",
        _enrol,
        """
        mrnmesh-coordinator terminals enrol LAB1-PC               # good for one hour
        mrnmesh-coordinator terminals enrol LAB1-PC --valid 8h    # for a day's work
        mrnmesh-coordinator terminals enrol LAB1-PC --address 192.168.1.10
        mrnmesh-coordinator terminals enrol LAB1-PC --short       # to be read over a telephone
        mrnmesh-coordinator terminals enrol --offline LAB1-PC.request   # writes LAB1-PC.answer
        """,
    )
    enrol.add_argument(
        "code", nargs="?", type=as_terminal_code, help="terminal code; it is made if it is new"
    )
    enrol.add_argument(
        "--offline",
        type=Path,
        metavar="FILE",
        help="the request of a desk that never sees this computer; the answer is written beside it",
    )
    enrol.add_argument(
        "--check",
        metavar="CHECK",
        help="what the desk has shown with its request; it is asked for otherwise",
    )
    enrol.add_argument("--name", help="what people call it, if it is new")
    enrol.add_argument(
        "--valid", default="1h", metavar="TIME", help="as in 30min, 8h or 2d; 1h by default"
    )
    enrol.add_argument(
        "--short",
        action="store_true",
        help="a code for reading over a telephone; the desk has to be told the address too",
    )
    enrol.add_argument(
        "--address",
        metavar="HOST",
        help="the name or address by which desks reach this computer, if the code shows another",
    )


def _enrol(options: argparse.Namespace) -> int:
    if options.offline is not None:
        return _answer(options)
    if options.code is None:
        raise BadOption(option="CODE", why="name a terminal code")
    body = {
        "code": options.code,
        "name": options.name,
        "valid_s": seconds(options.valid),
        "host": options.address,
        "short": options.short or None,
    }
    given = {name: value for name, value in body.items() if value is not None}
    api = client(options)
    answer = api.call("POST", "/api/enrolments/", given | passphrase(api))
    if options.json:
        command.print_json(answer)
    else:
        print(_text(answer, options.short))
    return 0


def _answer(options: argparse.Namespace) -> int:
    """Answer the request of a desk, with a file."""
    path = options.offline
    check = options.check or asking.line("The check that the desk has shown: ")
    content = enrolment_files.content_of(path, RequestFile, check)
    terminal = enrolment_files.parsed(content, RequestFile, path).terminal
    if options.code not in (None, terminal):
        raise BadOption(option="CODE", why=f"the request is that of {terminal}")
    given = {"request": content, "name": options.name, "host": options.address}
    body = {name: value for name, value in given.items() if value is not None}
    api = client(options)
    answer = api.call("POST", "/api/enrolments/offline/", body | passphrase(api))
    written = path.with_name(enrolment_files.name_of(terminal, enrolment_files.ANSWER))
    try:
        written.write_text(answer["answer"], encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileFails(path=written, why=causes.why(error), do="Write elsewhere.") from error
    if options.json:
        command.print_json({"answer": str(written.absolute()), "check": answer["check"]})
        return 0
    print(f"{terminal} is let in. Carry this file back to it: {written.absolute()}")
    print("Its check, to be typed there:")
    print(f"  {answer['check']}")
    return 0


def seconds(text: str) -> int:
    """How long a text such as ``8h`` means.

    Raises:
        BadOption: none that a code can be good for.
    """
    found = _TIME.fullmatch(text.strip().lower())
    meant = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 60 <= meant <= enrolments.VALID_S_MAX:
        most = enrolments.VALID_S_MAX // 86400
        raise BadOption(option="--valid", why=f"write a time up to {most}d, as in 30min, 8h or 2d")
    return meant


def _text(answer: dict[str, Any], short: bool) -> str:
    """A code with what is done with it."""
    until = datetime.fromisoformat(answer["until"]).astimezone()
    code, terminal = answer["enrolment_code"], answer["terminal"]
    where = f" --coordinator {answer['address']}" if short else ""
    lines = [
        f"Type this at the computer that is to be {terminal}. The code works once, until "
        f"{until:%Y-%m-%d %H:%M}, and is shown this once:",
        "",
        f"  mrnmesh-node enrol {code}{where}",
        "",
    ]
    if not short:
        lines.append(_picture(code))
    lines.append(f"The desk looks for this coordinator at {answer['address']}.")
    if answer["has_node"]:
        lines.append(
            f"{terminal} has a computer: the code is good only there. If another computer takes "
            f"its place, first `mrnmesh-coordinator terminals replace {terminal} --reason WHY`."
        )
    if answer["only_here"]:
        lines.append(
            "The coordinator syncs only with desks of its own computer. For others, set "
            "`sync_listen` to 0.0.0.0:8471 in its settings and restart it first."
        )
    return "\n".join(lines)


def _picture(code: str) -> str:
    """The code as a QR of characters, for a camera."""
    drawn = io.StringIO()
    segno.make(code, error="m", micro=False).terminal(drawn, compact=True)
    return drawn.getvalue()
