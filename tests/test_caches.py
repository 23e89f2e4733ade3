"""What is kept in memory has a bound in bytes, whatever somebody writes.

A cache that counts its entries keeps whatever texts it is given, and a record may have 16 kB. So
each cache of the product is filled here by people with the largest texts that it keeps.
"""

from __future__ import annotations

import gc
import importlib
import random
import re
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Final

from sync.engine import keys
from sync.matching.likeness import vowels_agree
from sync.matching.words import WORD_LETTERS_MAX
from sync.model import bodies, facts, yjs
from sync.model.facts import Action, FactId, RecordId, Resolution
from sync.model.printed.checks import Check
from sync.model.printed.formats import NumberFormat, PrintedKind
from sync.protocol.questions import Merge
from sync.reading.answers import PeopleQuery
from sync.storage import decisions, search
from tests.clinic import Clinic
from tests.forging import Run, said_of
from tests.sync.patients import reading

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sync", "node", "coordinator")

BYTES_MAX: Final = 200_000_000
"""Of all caches together, each full of the largest entries."""

OF_THE_PROGRAM: Final = {
    "sync.http.operations._hints_of_method": "the methods that answer calls",
    "sync.model.validation._fields": "the types of bodies",
    "sync.model.validation._something": "the types of fields",
    "sync.pages.files._read_package": "the packages with pages",
}
"""Caches without an end -> what of the program they are of."""

IN_A_CALL: Final = {"sync/engine/records/pairs.py", "sync/reading/matching.py"}
"""Modules with a cache that is made in a call and goes with it."""

ENTRY_BYTES: Final = 176
"""What one entry takes besides its key and its value: its place in a table and in an order."""


def modules() -> Iterator[tuple[str, Any]]:
    """The modules that mention a cache: (path, module)."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if MENTIONED.search(path.read_text(encoding="utf-8")):
                place = path.relative_to(ROOT)
                name = ".".join(place.with_suffix("").parts)
                yield place.as_posix(), importlib.import_module(name)


MENTIONED: Final = re.compile(r"\blru_cache\(|@cache\b|\bfunctools\.cache\b|\bcache\(")


def caches_of(module: Any) -> dict[str, Any]:
    """Name -> cache, of those that live as long as the module."""
    found = {}
    for holder in [module, *(one for one in vars(module).values() if isinstance(one, type))]:
        for value in vars(holder).values():
            cache = value
            while hasattr(cache, "__wrapped__") and not hasattr(cache, "cache_info"):
                cache = cache.__wrapped__
            if hasattr(cache, "cache_info") and cache.__module__ == module.__name__:
                found[f"{cache.__module__}.{cache.__qualname__}"] = cache
    return found


def entries_of(cache: Any) -> list[tuple[Any, Any]]:
    """(arguments, answer) of each entry."""
    held = next(
        one for one in gc.get_referents(cache) if isinstance(one, dict) and one is not vars(cache)
    )
    given = [key if isinstance(key, tuple) else (key,) for key in held]
    return [(each, cache(*each)) for each in given]


def size_of(value: Any) -> int:
    """What a value takes with all that belongs to it alone, in bytes."""
    if value is None or isinstance(value, bool | Enum | type):
        return 0
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(size_of(key) + size_of(each) for key, each in value.items())
    if isinstance(value, tuple | list | set | frozenset):
        return size + sum(map(size_of, value))
    slots = (slot for kind in type(value).__mro__ for slot in getattr(kind, "__slots__", ()))
    parts = [getattr(value, slot) for slot in slots if hasattr(value, slot)]
    return size + sum(map(size_of, [*parts, *getattr(value, "__dict__", {}).values()]))


WIDE: Final = "\U00010400\U0001e900\U00020000\U00020001\U00020002\U00020003\U00020004"
"""Letters of four bytes each, which stay as they are when they are compared."""


def people() -> Iterator[dict[str, str]]:
    """People with texts of each length, in words of each length and letters of each width."""
    chance = random.Random(1)
    for length in (60, 130, 200, 390, 900):
        for word in (1, 6, 20, 1000):
            for letters in ("bdfgklmnprst", WIDE):
                spelled = "".join(chance.choices(letters, k=length))
                text = " ".join(spelled[at : at + word] for at in range(0, length, word))
                half = text[: length // 2]
                numbers = {f"id:f{at}": text[at : at + length // 20] for at in range(15)}
                yield {"full_name": text, "father_name": text[::-1]}
                yield {"full_name": f"{half} s/o {half}", "address": text, "phone": f"1{text}"}
                yield {"full_name": half, "phone": "12" * length, **numbers}
                yield {"full_name": half, "father_name": half, "address": half, "phone": "+9" * 9}
                yield {"full_name": "Muhammad Ali", "father_name": "محمد علی", "address": text}


def fill(clinic: Clinic) -> None:
    """Let a register take up, find and compare all these people, and what else is kept."""
    lab = clinic.desk("LAB1-PC", "710000-719999")
    hub = clinic.coordinator
    everybody = list(people())
    for first in range(0, len(everybody), 10):
        some = everybody[first : first + 10]
        # With one identifier, or they would not be compared with each other.
        said = [{"id:passport": "AB1", "dob": "1990-01-01", **fields} for fields in some]
        data = tuple(said_of(first + at, lab.author, fields) for at, fields in enumerate(said))
        batch = Run(lab.author, lab.signer, 1000 + first, data).batch()
        assert hub.exchange.merge(Merge((batch,))).outcomes[0].entry == "accepted"
        with reading(hub) as snapshot:  # while they are not in the index yet
            snapshot.search.page(PeopleQuery(query=some[0]["full_name"][:400]))
            snapshot.search.page(PeopleQuery(phone=some[1].get("phone", "1")))
            snapshot.matching.alike(first + 1)
        while search.index_some(hub.writer.store.connection):
            pass
    with reading(hub) as snapshot:
        for patient in range(1, len(everybody), 20):
            snapshot.matching.alike(patient)
            snapshot.people.by_ids([patient])
    vowels_agree("b" * 2 * WORD_LETTERS_MAX, WIDE[0] * 2 * WORD_LETTERS_MAX)
    ident, record = FactId(bytes(16)), RecordId(bytes(16))
    why, replaced = WIDE[0] * 1000, (ident,) * (facts.FACT_BYTES_MAX // 18 - 300)
    body = Resolution(1, replaced, ident, Action.VOID, None, None, None, None, "Admin", why)
    assert decisions._resolution(record, 1, bodies.write(body)) is not None
    NumberFormat(PrintedKind.PLAIN, "PREFIX-", 7, "-", Check.LUHN).require_sound()
    keys.verify(bytes(32), bytes(64), b"")
    yjs._varint(1 << 62)


def test_all_caches_together_have_a_bound_in_bytes(tmp_path):
    caches = {name: one for _, module in modules() for name, one in caches_of(module).items()}
    for cache in caches.values():
        if cache.cache_info().maxsize is not None:
            cache.cache_clear()
    clinic = Clinic(tmp_path, durable=False)
    fill(clinic)
    clinic.close()
    largest = {
        name: max(map(size_of, entries_of(cache)), default=0)
        for name, cache in caches.items()
        if name not in OF_THE_PROGRAM
    }
    assert not [name for name, size in largest.items() if size == 0], "nothing fills them here"
    total = {
        name: caches[name].cache_info().maxsize * (size + ENTRY_BYTES)
        for name, size in largest.items()
    }
    assert sum(total.values()) <= BYTES_MAX, total


def test_every_cache_without_an_end_is_of_the_program():
    found = {}
    for path, module in modules():
        caches = caches_of(module)
        assert caches or path in IN_A_CALL, path
        found |= caches
    endless = {name for name, cache in found.items() if cache.cache_info().maxsize is None}
    assert endless == set(OF_THE_PROGRAM)
