"""What came too early: which shards, and when to ask for them again."""

from sync.model.facts import REGISTRY, Author
from sync.protocol import limits
from sync.protocol.early import Early
from sync.protocol.questions import KEY_MISSING, Admittance, Commit, Merged, Outcome
from sync.rules.gate import Missing
from tests.forging import Run, note
from tests.sync.conftest import LAB, WARD

REGISTRY_CHANGED = Commit((), None, True)


def early(lab, *reasons):
    """What a session has to remember after batches of as many shards of the lab."""
    found = Early()
    batches = [
        Run(LAB, lab.signer, 1, shard=at).then(note(1)).batch() for at in range(len(reasons))
    ]
    outcomes = tuple(Outcome(Admittance.NOT_YET, reason) for reason in reasons)
    found.note(batches, Merged(outcomes, 0))
    return found


def written_by(author, lab):
    return Commit((Run(author, lab.signer, 1).then(note(1)).batch(),), None, False)


def test_the_reason_of_a_missing_key_is_what_the_gate_says():
    assert KEY_MISSING == Missing.KEY


def test_only_author_and_shard_are_kept_of_what_came_too_early(lab):
    assert early(lab, Missing.KEY, Missing.CLOCK).shards == {(Author(LAB), 0), (Author(LAB), 1)}


def test_what_was_accepted_or_is_invalid_is_not_early(lab):
    found = Early()
    batch = Run(LAB, lab.signer, 1).then(note(1)).batch()
    entries = (Admittance.ACCEPTED, Admittance.INVALID)
    found.note([batch, batch], Merged(tuple(map(Outcome, entries)), 1))
    assert found.shards == frozenset()


def test_a_missing_key_comes_with_the_registry_only(lab):
    found = early(lab, Missing.KEY)
    assert found.may_need(REGISTRY_CHANGED)
    assert not found.may_need(written_by(Author(LAB), lab))
    assert not found.may_need(written_by(REGISTRY, lab))


def test_what_else_is_missing_comes_from_the_author(lab):
    found = early(lab, Missing.KEY, Missing.SHARD)
    assert found.may_need(written_by(Author(LAB), lab))
    assert not found.may_need(written_by(Author(WARD), lab))


def test_nothing_is_needed_when_nothing_came_too_early_or_all_is_asked_for(lab):
    assert not Early().may_need(REGISTRY_CHANGED)
    found = early(lab, Missing.KEY, Missing.LINK)
    found.clear()
    assert not found.may_need(REGISTRY_CHANGED)
    assert not found.may_need(written_by(Author(LAB), lab))


def test_it_is_bounded(lab):
    found = early(lab, *[Missing.SHARD] * (limits.EARLY_MAX + 10))
    assert len(found.shards) == limits.EARLY_MAX
