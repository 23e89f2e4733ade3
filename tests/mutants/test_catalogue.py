"""Each mutant changes code that is there, so that a change of that code is not forgotten here."""

from collections import Counter
from pathlib import Path

from tests.mutants.catalogue import MUTANTS

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_text_of_each_mutant_stands_in_its_file_once():
    sources = {one.file: (ROOT / one.file).read_text(encoding="utf-8") for one in MUTANTS}
    counts = {one.name: sources[one.file].count(one.old) for one in MUTANTS}
    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_each_mutant_has_a_name_of_its_own():
    assert [name for name, count in Counter(one.name for one in MUTANTS).items() if count > 1] == []
