"""The weights of the score: how probable each finding is for one person, two relatives, strangers.

One table, fixed and versioned: every desk gives the same answer about the same two people. The page
docs/matching.md explains it. Sources:

- *calendar*: follows from how many days, years or numbers there are;
- *counted*: counted on made-up registers with known pairs, and rounded;
- *chosen*: nobody has figures of this; a cautious value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta

from sync.matching.likeness import Likeness

Grade = Annotated[Literal["certain", "probable", "possible"], Meta(title="MatchGrade")]

VERSION: Final = 2
"""Raised with each change of a weight."""


class Weight(NamedTuple):
    """How often a finding is made, and where that is known from.

    ``same`` is of two registrations of one person, ``relative`` of two people of one household.
    """

    same: float
    relative: float
    stranger: float
    source: str


FIELDS: Final[Mapping[tuple[str, str], Weight]] = {
    ("dob", "exact"): Weight(0.84, 0.01, 5e-5, "counted; stranger: calendar, 1 day of 55 years"),
    ("dob", "swapped"): Weight(0.02, 4e-4, 5e-5, "counted; stranger: calendar"),
    ("dob", "slip"): Weight(0.09, 0.006, 0.0015, "counted; stranger: calendar, some 30 days"),
    ("dob", "month_day"): Weight(0.01, 0.003, 0.002, "counted; stranger: calendar"),
    ("dob", "year"): Weight(0.02, 0.05, 0.015, "counted; stranger: calendar"),
    ("dob", "other"): Weight(0.02, 0.93, 0.98, "what remains"),
    ("age", "1"): Weight(0.70, 0.07, 0.034, "counted; stranger: calendar, 2 of 60 years"),
    ("age", "2"): Weight(0.17, 0.09, 0.033, "counted; stranger: calendar"),
    ("age", "3"): Weight(0.06, 0.10, 0.033, "counted; stranger: calendar"),
    ("age", "5"): Weight(0.04, 0.15, 0.065, "chosen; stranger: calendar"),
    ("age", "10"): Weight(0.02, 0.20, 0.145, "chosen; stranger: calendar"),
    ("age", "more"): Weight(0.01, 0.39, 0.69, "what remains"),
    ("script", "same"): Weight(0.85, 0.85, 0.55, "counted"),
    ("script", "other"): Weight(0.15, 0.15, 0.45, "what remains"),
    ("sex", "same"): Weight(0.99, 0.5, 0.5, "chosen: clerks pick the wrong one once in a hundred"),
    ("sex", "other"): Weight(0.01, 0.5, 0.5, "what remains"),
    ("phone", "same"): Weight(0.80, 0.75, 1e-5, "counted"),
    ("phone", "slip"): Weight(0.02, 0.005, 1e-4, "counted; stranger: 90 numbers are one slip away"),
    ("phone", "other"): Weight(0.18, 0.245, 1.0, "what remains"),
    ("cnic", "same"): Weight(0.965, 0.01, 1e-7, "chosen: some give a child the parent's"),
    ("cnic", "slip"): Weight(0.03, 0.001, 1e-5, "chosen"),
    ("cnic", "other"): Weight(0.005, 0.989, 1.0, "what remains"),
    ("identifier", "same"): Weight(0.95, 0.01, 1e-7, "chosen: as a CNIC"),
    ("identifier", "other"): Weight(0.05, 0.99, 1.0, "chosen: a passport is renewed"),
    ("address", "house"): Weight(0.5, 0.6, 2e-4, "counted"),
    ("address", "same"): Weight(0.12, 0.1, 0.008, "counted"),
    ("address", "near"): Weight(0.18, 0.15, 0.08, "counted"),
    ("address", "other"): Weight(0.2, 0.15, 0.91, "what remains"),
}
"""Fields that are there in both registrations. A field that one lacks says nothing."""


class Spelling(NamedTuple):
    """How often a word of a name is written so the second time.

    A stranger has one that agrees so as often as an equal one, but at least with the probability
    ``stranger``: a word that was mistyped is rare itself, and yet near to others.
    """

    same: float
    stranger: float
    source: str


SPELLINGS: Final[Mapping[Likeness, Spelling]] = {
    Likeness.EXACT: Spelling(0.75, 0.0, "counted"),
    Likeness.VARIANT: Spelling(0.13, 0.001, "counted"),
    Likeness.NEAR: Spelling(0.055, 0.006, "counted"),
    Likeness.SOUND: Spelling(0.01, 0.0015, "counted"),
    Likeness.SCRIPT: Spelling(0.9, 0.0, "counted, where the scripts differ"),
    Likeness.FAR: Spelling(0.005, 0.005, "counted"),
}

WORD_SHARE_MAX: Final = 0.9
"""At most so many strangers agree in one word. Chosen."""

WORD_MISSING: Final = 0.12
"""A word of the name is left out the second time. Counted."""

GIVEN_NAME_DIFFERS: Final = 0.008
"""One person has two names of which no word agrees, or that differ in the given name. Chosen."""

OTHER_WORD_DIFFERS: Final = 0.06
"""Another word differs, as a family name does after a marriage. Counted."""

FATHER_DIFFERS: Final = 0.05
"""One person with the names of two fathers: a husband's stands there for the father's. Chosen."""

FATHER_SHARES_WORD: Final = 0.5
"""A word of somebody's name stands in their father's too. Chosen: where families have a name it is
nearly always so, elsewhere it is rare."""

NOTHING_AGREES: Final = 0.3
COMMON_WORD_MISSING: Final = 0.4
"""A word like Muhammad is left out or added. Counted."""

FILLERS: Final = frozenset({"mhmd", "qbd", "b", "glm"})
"""Sounds of Muhammad, Abdul, Bibi and Ghulam, which stand beside the name that somebody is called
by. Chosen."""

COMMON: Final = 0.15
"""A word that more than so many people have says as little of who somebody is. Chosen."""

RELATIVE_SHARES_WORD: Final = 0.4
"""Two relatives share a word that is not the given name. Counted."""

RELATIVE_SHARES_GIVEN: Final = 0.004
"""Two relatives have the same given name, or one that is as near. Chosen: 1 of 250."""

RELATIVE_SAME_FATHER: Final = 0.5
"""Two relatives of one household have the same father: brothers and sisters. Chosen."""

SAME_PRIOR: Final = 0.1
"""Of how many new registrations the person is in the register already. Chosen: one in ten."""

RELATIVES_PRIOR: Final = 3.0
"""How many relatives of one household are in the register. Chosen."""

PEOPLE_MIN: Final = 1000
"""A register is taken for at least so large, or a small one would find everybody known."""

GRADES: Final[tuple[tuple[Grade, float], ...]] = (
    ("certain", 0.90),
    ("probable", 0.25),
    ("possible", 0.001),
)
"""Grade -> how probable it must be that both are one person. Chosen: of four people who are
*probable* at least one is the right one, for to look costs a minute and a second record years."""

SHARING_MAX: Final = 20
"""A telephone number or CNIC that more people have is nobody's own: it is the clinic's, or was
typed because the form wants one. It says nothing then. Chosen."""

RELATIVE_AT_MOST: Final = 100.0
"""Whoever is so many times more probably a relative, with another name, is not told of.
Chosen."""

TYPICAL: Final[Mapping[str, float]] = {
    "mhmd": 0.2,  # Muhammad
    "al": 0.05,  # Ali, and Aliya
    "amd": 0.05,  # Ahmed
    "kn": 0.05,  # Khan
    "b": 0.05,  # Bibi
    "hsn": 0.05,  # Hussain, Hassan
    "x": 0.02,  # Shah
    "qbd": 0.02,  # Abdul
    "glm": 0.02,  # Ghulam
    "bgm": 0.02,  # Begum
    "mlk": 0.02,  # Malik
    "akbl": 0.02,  # Iqbal
    "aktr": 0.02,  # Akhtar
}
"""Sound -> the share of names with such a word, until a register is large enough. Chosen."""

RARE: Final = 1 / 300
"""The share of any other word then. Chosen."""

NAMES_BEFORE: Final = 300
"""The shares above count as much as so many names in the register."""


def share(sound: str, having: int, people: int) -> float:
    """The share of names in which there is a word with a sound; never 0.

    Args:
        having: how many of ``people`` have it in their name or in their father's.
    """
    before = NAMES_BEFORE * TYPICAL.get(sound, RARE)
    return (having + before) / (2 * people + NAMES_BEFORE)
