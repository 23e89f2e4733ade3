"""Made-up people, as many as are asked for. The names and places are those of the examples."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from examples.make_patients import (
    CITIES,
    MEN,
    QUARTERS,
    STREETS,
    SURNAMES,
    WOMEN,
    WOMENS_SECOND,
    Name,
)
from sync.engine.issuing import Draft
from sync.http.registration import new_record_id
from sync.model.facts import Author

SEED: Final = 710002
URDU_SHARE: Final = 0.4
CNIC_SHARE: Final = 0.6
START_MS: Final = 1_767_600_000_000
"""Record ids begin on 5 January 2026 and go up, a person a second."""

_BIRTHDAYS: Final = (date(1935, 1, 1), date(2025, 12, 31))


def people(count: int, seed: int = SEED) -> Iterator[dict[str, str]]:
    """Demographics as an HTTP API takes them; the same ones on every run."""
    chance = random.Random(seed)
    days = (_BIRTHDAYS[1] - _BIRTHDAYS[0]).days
    for number in range(count):
        urdu = chance.random() < URDU_SHARE
        female = chance.random() < 0.5
        first = chance.choice(WOMEN if female else MEN)
        second = chance.choice(WOMENS_SECOND if female and chance.random() < 0.6 else SURNAMES)
        person = {
            "full_name": _text((first, second), urdu),
            "father_name": _text((chance.choice(MEN), chance.choice(SURNAMES)), urdu),
            "dob": (_BIRTHDAYS[0] + timedelta(chance.randrange(days))).isoformat(),
            "sex": "F" if female else "M",
            "phone": f"0399{number % 10_000_000:07d}",
        }
        if chance.random() < CNIC_SHARE:
            person["cnic"] = (
                f"99{chance.randrange(1000):03d}-{number % 10_000_000:07d}-{4 + female}"
            )
        house = chance.randint(1, 480)
        places = [chance.choice(names) for names in (STREETS, QUARTERS, CITIES)]
        written = [place.urdu if urdu else place.latin for place in places]
        person["address"] = (
            "، ".join([f"مکان نمبر {house}", *written])
            if urdu
            else ", ".join([f"House {house}", *written])
        )
        yield person


def drafts(count: int, terminal: Author, seed: int = SEED) -> Iterator[Draft]:
    """The same people as registrations of a terminal, with record ids in order of time."""
    for number, person in enumerate(people(count, seed)):
        yield Draft(
            new_record_id(START_MS + 1000 * number),
            terminal,
            person,
            "2026-01-05T12:00:00+05:00",
            f"reception-{number % 3 + 1}",
        )


def first_names() -> list[str]:
    """Names that a clerk may search for, in both scripts."""
    return [text for name in (*MEN, *WOMEN) for text in (name.latin, name.urdu)]


def _text(parts: Sequence[Name], urdu: bool) -> str:
    return " ".join(part.urdu if urdu else part.latin for part in parts)
