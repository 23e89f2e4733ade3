"""One write transaction: what it appends, how it splits over shards, and what is our own past."""

import pytest

from sync.engine.transaction import Transaction
from sync.errors import BadFact, DocumentBroken
from sync.model import facts, runs
from sync.model.facts import Incarnation
from sync.protocol.questions import Merge, SignTails
from tests.clinic import pull
from tests.forging import Run, note, person


def test_a_transaction_that_writes_nothing_never_begins(lab):
    commits = lab.connection.commits
    lab.writer.write(lambda tx: tx.registry)
    lab.exchange.merge(Merge(()))
    assert lab.connection.commits == commits


def test_a_fact_that_is_too_large_is_refused(lab):
    with pytest.raises(BadFact, match="at most 16384"):
        lab.writer.write(
            lambda tx: tx.append(lab.author, "visit", facts.NO_RECORD, bytes(facts.FACT_BYTES_MAX))
        )
    lab.register_offline()
    assert lab.mrns() == ["710000"]


def test_facts_of_one_transaction_are_ordered_and_have_ascending_times(lab):
    def act(tx: Transaction) -> list[bytes]:
        return [tx.append(lab.author, "visit", facts.NO_RECORD, bytes([i])) for i in range(5)]

    idents = lab.writer.write(act)
    data = [
        row[0]
        for row in lab.query(
            "SELECT f.data FROM facts f JOIN runs r ON r.id = f.run JOIN shards s ON s.id = r.shard"
            " WHERE s.author = ? ORDER BY f.clock",
            lab.author,
        )
    ]
    assert [facts.fact_id(lab.author, one) for one in data] == idents
    times = [facts.decode(one).hlc for one in data]
    assert times == sorted(set(times))


def test_a_large_transaction_fills_shard_after_shard(lab):
    def act(tx: Transaction) -> None:
        for number in range(2500):
            tx.append(lab.author, "visit", facts.NO_RECORD, number.to_bytes(4))

    lab.writer.write(act)
    assert lab.query("SELECT number, facts FROM shards WHERE author = ?", lab.author) == [
        (0, 1000),
        (1, 1000),
        (2, 500),
    ]


def test_an_id_of_a_yjs_client_that_is_taken_is_not_shared(clinic, lab):
    """A branch is kept under an id that this process would also draw: it draws another."""
    client = lab.writer._documents.client
    lab.register_offline()
    lab.writer._documents.drop(client + 1)
    run = Run(lab.author, lab.signer, client + 1).then(note(1))
    lab.query("UPDATE runs SET yjs_client = ?1 WHERE yjs_client = ?2", client + 1, client)
    with pytest.raises(DocumentBroken, match="another run has the id"):
        lab.register_offline()
    assert lab.writer._documents.client not in (client, client + 1)
    assert run.client == client + 1


def own_facts(desk, incarnation: Incarnation) -> Run:
    data = facts.encode(
        facts.Envelope("visit", facts.NO_RECORD, desk.clinic.now_ms << 15, incarnation, b"")
    )
    return Run(desk.author, desk.signer, 4711).then(data)


def test_a_node_that_meets_facts_of_its_own_life_begins_another(clinic, lab):
    lab.register_offline()
    incarnation, client = lab.writer.identity.incarnation, lab.writer._documents.client
    lab.exchange.merge(Merge((own_facts(lab, incarnation).batch(),)))
    assert lab.writer.identity.incarnation != incarnation
    assert lab.writer._documents.client != client
    assert {cursor.closed for cursor in lab.writer.store.cursors.all()} == {
        "a copy of this machine has used it"
    }
    assert lab.query("SELECT value FROM meta WHERE key = 'own_pasts_met'") == [(1,)]
    lab.reopen()
    assert lab.writer.identity.incarnation != incarnation


def test_facts_of_an_earlier_life_are_no_alarm(clinic, lab):
    incarnation = lab.writer.identity.incarnation
    lab.exchange.merge(Merge((own_facts(lab, Incarnation(b"earlier.")).batch(),)))
    assert lab.writer.identity.incarnation == incarnation
    assert {cursor.closed for cursor in lab.writer.store.cursors.all()} == {None}


def test_a_bare_claim_in_its_range_is_no_alarm(clinic, lab, ward):
    claim = Run(ward.author, ward.signer, 5).then(person(1, "710003", ward.author))
    incarnation = lab.writer.identity.incarnation
    pull(lab, clinic.coordinator)
    lab.exchange.merge(Merge((claim.batch(),)))
    assert lab.writer.identity.incarnation == incarnation
    assert {cursor.closed for cursor in lab.writer.store.cursors.all()} == {None}


def test_only_the_newest_signature_of_a_run_is_kept(clinic, lab):
    lab.answer(SignTails())
    for _ in range(4):
        lab.register_offline()
    ((count, signed, link, signature),) = lab.query(
        "SELECT r.count, r.signed, r.signed_link, r.signature FROM runs r"
        " JOIN shards s ON s.id = r.shard WHERE s.author = ?",
        lab.author,
    )
    assert count == signed == 4
    client = lab.writer._documents.client
    signed_bytes = runs.signed_bytes(lab.author, 0, runs.End(client, 4, link))
    assert signature == lab.signer.sign(signed_bytes)


def test_what_goes_on_to_others_are_the_new_facts_only(clinic, lab):
    lab.answer(SignTails())
    lab.writer.commits.clear()
    for number in range(3):
        lab.register_offline()
        (batch,) = lab.writer.commits[-1].batches
        assert (batch.first, batch.length) == (number, number + 1)
