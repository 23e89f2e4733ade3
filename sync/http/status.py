"""What ``/api/status/`` of node and coordinator have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from sync.model.alarms import Alarm, AlarmLevel
from sync.model.formats import Time
from sync.protocol.handshake import Stage


class SessionAnswer(TypedDict):
    """A connection with another desk or the coordinator.

    It was made at ``since``, and is ``live`` once both have sent each other everything. ``author``
    is empty until the other side has proved who it is. ``version`` is that of its program, empty
    where that is not known; ``ahead_ms`` says how far its clock was ahead when they met.
    """

    author: str
    address: str
    state: Stage
    since: Time
    live: bool
    version: str
    ahead_ms: int | None


class DigestsAnswer(TypedDict):
    """Digests of what the registry and the coordinator wrote, and of everything, in hexadecimal.

    Two computers with equal digests hold the same.
    """

    registry: str
    coordinator: str
    document: str


class AlarmAnswer(TypedDict):
    """Something that is not as it should be, and what a person can do about it.

    ``terms`` are the numbers and names in the text, for programs that say it in other words.
    """

    code: str
    level: AlarmLevel
    text: str
    do: str
    about: str
    terms: dict[str, str | int]


def session_answers(
    sessions: Iterable[tuple[str, str, Stage, str, bool, str, int | None]],
) -> list[SessionAnswer]:
    """Return the answers for connections (`sync.network.peering.SessionStatus`)."""
    return [
        {
            "author": author,
            "address": address,
            "state": state,
            "since": since,
            "live": live,
            "version": version,
            "ahead_ms": ahead_ms,
        }
        for author, address, state, since, live, version, ahead_ms in sessions
    ]


def digests_answer(roots: tuple[bytes, bytes, bytes]) -> DigestsAnswer:
    """Return the answer for digests (`sync.protocol.questions.Roots`)."""
    registry, coordinator, document = roots
    return {
        "registry": registry.hex(),
        "coordinator": coordinator.hex(),
        "document": document.hex(),
    }


def alarm_answers(alarms: Iterable[Alarm]) -> list[AlarmAnswer]:
    """Return the answers for alarms, in their order."""
    return [
        {
            "code": alarm.code,
            "level": alarm.level,
            "text": alarm.text,
            "do": alarm.do,
            "about": alarm.about,
            "terms": dict(alarm.terms),
        }
        for alarm in alarms
    ]
