"""Phrases that people read: numbers with their nouns, and the words of stored codes and reasons."""

import pytest

from sync.model import phrases


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 ranges"), (1, "1 range"), (2, "2 ranges"), (1500, "1,500 ranges"), (0.5, "0.5 ranges")],
)
def test_a_noun_is_counted(number, said):
    assert phrases.count(number, "range") == said


def test_the_plural_may_be_another_word():
    assert phrases.people(1) == "1 person"
    assert phrases.people(1234) == "1,234 people"
    assert phrases.count(1.0, "record was", "records were") == "1 record was"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 minutes"),
        (60, "1 minute"),
        (-720, "12 minutes"),
        (7199, "120 minutes"),
        (7200, "2 hours"),
        (172_799, "48 hours"),
        (172_800, "2 days"),
        (345_600, "4 days"),
    ],
)
def test_a_duration_is_rough(seconds, said):
    assert phrases.duration(seconds) == said


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (
            "an earlier life of this database used it",
            "an earlier copy of this database used it",
        ),
        (
            "a peer holds facts that this coordinator wrote and has lost",
            "a desk has records that this coordinator wrote and has lost",
        ),
        ("the disk was replaced", "the disk was replaced"),
    ],
)
def test_what_earlier_versions_stored_is_shown_in_the_words_of_today(stored, shown):
    assert phrases.reworded(stored) == shown


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("a copy of this machine has used it", "closed, a copy of this machine has used it"),
        ("closed by the coordinator: stolen", "closed by the coordinator: stolen"),
    ],
)
def test_a_closed_range_says_why(reason, shown):
    assert phrases.closed(reason) == shown


def test_the_coordinator_has_two_names_and_people_read_one():
    assert {phrases.writer(name) for name in ("@registry", "@coordinator")} == {"the coordinator"}
    assert phrases.writer("LAB1-PC") == "LAB1-PC"
