"""The number by which a database and its witness know each other goes up."""

from types import SimpleNamespace

import pytest

from sync.witness.memory import BEGUN, GIVEN, Intent, Intents, Witness
from sync.witness.steps import Steps


@pytest.fixture
def witness(tmp_path):
    return Witness.create(tmp_path / "witness", "machine", 70)


def give(steps, meta, witness, *, is_coordinator=True):
    intents = Intents()
    steps.go_up(meta, intents, witness, is_coordinator=is_coordinator)
    return intents


def test_whatever_is_given_takes_a_step(witness):
    meta, steps = SimpleNamespace(witness=70), Steps(lambda count: bytes(count - 1) + b"\x09")
    assert give(steps, meta, witness) == {BEGUN: Intent(80, 70)}
    assert meta.witness == 80
    give(steps, meta, witness)
    assert meta.witness == 90


def test_a_node_steps_without_becoming_the_database_of_another_witness(witness):
    meta = SimpleNamespace(witness=70, given=0)
    steps = Steps(lambda count: bytes(count - 1) + b"\x09")
    assert give(steps, meta, witness, is_coordinator=False) == {GIVEN: Intent(10, 0)}
    assert (meta.witness, meta.given) == (70, 10)


def test_after_a_commit_that_failed_the_same_number_is_taken_again(witness):
    """It may still come to light: then the witness knows it."""
    chances = iter((b"\0\0\0\x09", b"\0\0\0\x33"))
    meta, steps = SimpleNamespace(witness=70), Steps(lambda _: next(chances))
    give(steps, meta, witness)
    meta.witness = 70  # rolled back
    give(steps, meta, witness)
    assert meta.witness == 80
    give(steps, meta, witness)
    assert meta.witness == 80 + 1 + 0x33


def test_a_step_goes_above_what_a_process_before_has_intended(witness):
    witness.intend({BEGUN: Intent(500, 70)})
    after = Witness(witness.file.path, "machine")
    meta = SimpleNamespace(witness=70)
    give(Steps(bytes), meta, after)
    assert meta.witness == 501
