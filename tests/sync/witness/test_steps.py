"""The number by which a coordinator's database and its witness know each other goes up."""

from types import SimpleNamespace

import pytest

from sync.witness.memory import BEGUN, SERIAL, Intent, Intents, Witness
from sync.witness.steps import Steps


@pytest.fixture
def witness(tmp_path):
    return Witness.create(tmp_path / "witness", "machine", 70)


def give(steps, meta, witness, known=4, serial=5):
    intents = Intents()
    steps.go_up(meta, intents, known, serial, witness)
    return intents


def test_whatever_is_given_takes_a_step(witness):
    meta, steps = SimpleNamespace(witness=70), Steps(lambda count: bytes(count - 1) + b"\x09")
    assert give(steps, meta, witness) == {SERIAL: Intent(5, 4), BEGUN: Intent(80, 70)}
    assert meta.witness == 80
    give(steps, meta, witness)
    assert meta.witness == 90


def test_nothing_given_is_no_step(witness):
    meta = SimpleNamespace(witness=70)
    assert give(Steps(bytes), meta, witness, 5, 5) == {}
    assert meta.witness == 70


def test_without_a_witness_serials_are_intended_all_the_same():
    meta = SimpleNamespace(witness=70)
    assert give(Steps(bytes), meta, None) == {SERIAL: Intent(5, 4)}
    assert meta.witness == 70


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
