"""A sample of a register, read in small pieces, from which the weights are estimated."""

import pytest

from sync.errors import TooFewPairs
from sync.matching import estimating
from sync.reading.connection import FoldedRegistry, ReadConnection
from sync.reading.sampling import estimate as sampling
from sync.storage import search

NAMES = [
    *("Saeed", "Bilal", "Nadeem", "Waqas", "Junaid", "Tariq", "Farooq", "Zubair"),
    *("Kashif", "Rizwan", "Hamza", "Usman", "Imran", "Asif", "Jawad"),
]


@pytest.fixture
def register(lab, monkeypatch):
    """A desk's index, with 30 people of whom 15 are there twice."""
    monkeypatch.setattr(sampling, "PIECE", 4)
    for number in range(30):
        name = NAMES[number // 2]
        lab.register_offline(
            full_name=f"{name} Akram",
            dob=f"19{60 + number}-{1 + number // 3:02d}-{10 + number // 2}",
            sex="M",
            phone=f"0300765{4000 + number // 2}",
        )
    while search.index_some(lab.writer.store.connection):
        pass
    connection = ReadConnection(lab.path, lambda: None, FoldedRegistry())
    yield connection
    connection.close()


def few_are_enough(monkeypatch):
    monkeypatch.setattr(estimating, "PAIRS_MIN", 0)
    monkeypatch.setattr(estimating, "RANDOM_MIN", 0)


def test_people_are_compared_with_those_registered_before(register, monkeypatch):
    few_are_enough(monkeypatch)
    steps = []
    found = sampling.estimate(register, lambda *step: steps.append(step))
    assert found.asked == 30
    assert 12 < found.same < 18
    assert [step for step in steps if step[0] == "people"] == [
        ("people", done, 30) for done in range(0, 30, 4)
    ]
    assert [step[0] for step in steps][-1] == "weights"
    assert ("random pairs", 0, sampling.RANDOM_PAIRS) in steps


def test_the_same_register_gives_the_same_answer(register, monkeypatch):
    few_are_enough(monkeypatch)
    first, second = (sampling.estimate(register, lambda *_: None, sample=20) for _ in range(2))
    assert first == second
    assert first.asked == 20


def test_it_ends_when_it_has_seen_enough_pairs(register, monkeypatch):
    few_are_enough(monkeypatch)
    monkeypatch.setattr(sampling, "NEAR_MAX", 0)
    assert sampling.estimate(register, lambda *_: None).asked < 30


def test_records_that_were_mistakes_are_left_out(register, lab, monkeypatch):
    few_are_enough(monkeypatch)
    lab.writer.store.connection.execute(
        "INSERT INTO settled (patient, fact, decision, serial, action, taken, counts)"
        " SELECT id, fact, fact, id, 'void', '', 0 FROM patients WHERE id <= 10"
    )
    assert sampling.estimate(register, lambda *_: None).asked == 20


def test_a_small_register_and_an_empty_one_are_refused(register, lab):
    with pytest.raises(TooFewPairs):
        sampling.estimate(register, lambda *_: None)
    lab.writer.store.connection.execute("DELETE FROM meta WHERE key = 'indexed'")
    with pytest.raises(TooFewPairs):
        sampling.estimate(register, lambda *_: None)


def test_whoever_watches_can_end_it(register):
    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sampling.estimate(register, interrupt)
    with register.snapshot() as snapshot:
        assert snapshot.store.meta.indexed == 30
