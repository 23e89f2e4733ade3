"""Reasons that the software writes itself are known again; what people type is not."""

import pytest

from sync.model import reasons
from sync.model.facts import State

_BAD = reasons.restored("then")


def test_a_sentence_of_the_software_has_a_code():
    assert reasons.fixed(reasons.HANDED_OVER) == {"code": "handed_over", "terms": {}}
    found = reasons.fixed(reasons.restored("2026-01-05 08:00 UTC"))
    assert found == {"code": "restored", "terms": {"made": "2026-01-05T08:00:00Z"}}


@pytest.mark.parametrize("state", [State.REPLACED, State.RETIRED, State.REVOKED])
def test_a_terminal_that_was_ended_has_a_code_for_each_way(state):
    assert reasons.fixed(reasons.terminal_was(state)) == {"code": f"terminal_{state}", "terms": {}}


def test_words_of_earlier_versions_have_the_same_code():
    found = reasons.fixed("a peer holds facts that this coordinator wrote and has lost")
    assert found == {"code": "lost_records", "terms": {}}


@pytest.mark.parametrize(
    "typed", ["", "stolen", "closed by the coordinator: moved", "it was", _BAD]
)
def test_what_somebody_has_typed_has_none(typed):
    assert reasons.fixed(typed) is None


def test_no_two_sentences_share_a_code():
    assert len(set(reasons.CODES)) == len(reasons.CODES)
