"""Whom an answer shows, and by what the call was made."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from sync.http.callers.doing import UNATTENDED
from sync.http.operations import Made, Tagged
from sync.http.own import AGENT
from sync.http.requests import SHOWN
from sync.storage.access.looks import Way

RECORD: Final = "record_id"
DUPLICATES: Final = "possible_duplicates"


def shown_by(request: web.Request, answer: object) -> list[str]:
    """Return the record ids of those whom an answer shows, each once.

    Whoever registers somebody has not looked them up: of that person nothing is said, but of those
    who may be the same one.
    """
    if SHOWN in request:
        return request[SHOWN]
    if isinstance(answer, Made):
        body = answer.answer
        found = records_in(body)
        own = body.get(RECORD) if answer.new and isinstance(body, dict) else None
        return [record for record in found if record != own]
    return records_in(answer.answer if isinstance(answer, Tagged) else answer)


def records_in(answer: object) -> list[str]:
    """Return the record ids of all people in an answer, each once.

    The other records of a person that an answer names show nothing of them but their number.
    """
    found: dict[str, None] = {}
    waiting = [answer]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if RECORD in one:
                found[one[RECORD]] = None
                waiting.append(one.get(DUPLICATES))
            else:
                waiting.extend(reversed(one.values()))
        elif isinstance(one, list):
            waiting.extend(reversed(one))
    return list(found)


def way_of(request: web.Request) -> Way:
    """Return by what a call was made, as far as it says; any program can say so."""
    headers = request.headers
    if headers.get("User-Agent", "").startswith(AGENT):
        return Way.COMMAND
    # Browsers say this of each call (https://www.w3.org/TR/fetch-metadata/), programs do not.
    if headers.get("Sec-Fetch-Site") in ("same-origin", "none"):
        return Way.UNATTENDED if UNATTENDED in headers else Way.PAGE
    return Way.PROGRAM
