"""Whatever somebody types or pastes: a register takes it up, finds it, and goes on.

A record is never changed, so one that no replica could read to its end would stop all of them for
good, whoever wrote it. A desk that has such a record comes right by a program that can read it.
"""

from __future__ import annotations

import sys
import unicodedata
from datetime import datetime
from typing import Final

import pytest

from coordinator.importing.rows import read_person
from sync.errors import InvalidPatient
from sync.model.demographics import FIELDS, PossibleTimes
from sync.model.person import more
from sync.reading.answers import PeopleQuery
from sync.storage import search
from tests.clinic import ZONE, Clinic, Desk, pull
from tests.sync.patients import correct, reading

BESIDE: Final = "house 12 street 5 model town lahore punjab pakistan near the old gate"
"""As long as an address is, for what takes twice as long with each letter more."""

ALONG: Final = [
    "12½ House №7 — “Rose” Lane… 3rd fl. • Lahore",
    "Ayesha «Guddi» Bibi ™ ° ² ﬁ",
    "لاہور House راولپنڈی Street मोहन Town 北京 Москва",
    "محمد" + "\u200c" + "علی\u0654 خان",
    "\u202eLahore\u202c \u2066x\u2069 \ufeff",
    "\U0001f600" * 40,
    "e" + "\u0301\u0316" * 200,
    "ﷺ" * 150,
    "s/o " * 150,
    "B/O " * 150,
    "unknown man " * 80,
    "baby twin boy 1 " * 60,
    "Abdul " * 100 + "Rehman",
    "mohammad" * 60,
    "1/2/" * 150,
    "0300-1234567 " * 40,
    "+92" * 150,
    "a'b" * 150,
    " \t \u3000" * 100 + "x",
    "-" * 480,
    "_" * 480,
    "0300 1234567;phone-context=" + "aa." * 60 + "!",
    "tel:+92-300-1234567;ext=1;isub=" + "1" * 60,
]


def marks() -> list[str]:
    """Of each category of characters the first and the last ones, other than controls."""
    of: dict[str, list[str]] = {}
    for point in range(32, sys.maxunicode + 1):
        category = unicodedata.category(chr(point))
        if category not in ("Cc", "Cs", "Cn"):
            of.setdefault(category, []).append(chr(point))
    return sorted({one for found in of.values() for one in (found[0], found[-1])})


TEXTS: Final = ALONG + [f"{BESIDE} {one} {BESIDE}" for one in marks() + list("–—“”‘’•…½°؟،۔٪")]


def everywhere(text: str) -> dict[str, str]:
    """A person of whom all fields say one text."""
    kept = text[:400]
    return dict.fromkeys((*FIELDS, "id:passport", "no:insurance", "x:blood"), kept)


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path, durable=False)
    yield clinic
    clinic.close()


def index(desk: Desk) -> None:
    while search.index_some(desk.writer.store.connection):
        pass


@pytest.mark.timeout(60)
def test_a_register_goes_on_with_any_text_in_any_field(clinic):
    lab, ward = clinic.desk("LAB1-PC", "710000-719999"), clinic.desk("WARD-PC", "720000-729999")
    clinic.heal()
    for text in TEXTS:
        lab.register_offline(**everywhere(text))
    last = lab.register_offline(full_name="Ayesha Khan")
    correct(lab, last.patient, address=TEXTS[0])
    pull(ward, lab)
    for desk in (lab, ward):
        index(desk)
        desk.reopen()
        with reading(desk) as snapshot:
            found = snapshot.search.page(PeopleQuery(query="ayesha khan", page_size=50))
            assert "Ayesha Khan" in {one["full_name"] for one in found.people}
            for (patient,) in desk.query("SELECT id FROM patients"):
                snapshot.matching.alike(patient)


@pytest.mark.timeout(60)
def test_a_search_for_any_text_ends(clinic):
    lab = clinic.desk("LAB1-PC", "710000-719999")
    clinic.heal()
    lab.register_offline(full_name="Ayesha Khan", address=TEXTS[0])
    index(lab)
    with reading(lab) as snapshot:
        for text in TEXTS:
            for name in ("query", "phone", "cnic", "mrn"):
                snapshot.search.page(PeopleQuery(**{name: text[:500]}))


@pytest.mark.timeout(60)
def test_a_row_of_an_earlier_system_with_any_text_is_read_or_refused():
    now = datetime(2026, 1, 5, 12, tzinfo=ZONE)
    known = (more.read_identifier("passport unique"), more.read_extra("blood text"))
    for text in TEXTS:
        row = dict.fromkeys((*FIELDS, "mrn", "created_at", "passport", "blood"), f"x {text}"[:200])
        read = read_person(
            row, now, PossibleTimes(now, now), lenient=True, take_odd=True, known=known
        )
        assert read.demographics["full_name"].startswith("x")
        with pytest.raises(InvalidPatient):
            read_person(row, now, PossibleTimes(now, now), lenient=False, known=known)
