"""Forged batches do not enter: nothing changes, the process lives, honest ones still come in.

The forger holds the lab's own key, so that nothing but the bytes of the update is wrong.
"""

from __future__ import annotations

import pytest
from pycrdt import Array, Doc, Map, Text, XmlFragment

from sync.model import facts, runs, yjs
from sync.model.facts import COORDINATOR, REGISTRY, Author
from sync.model.runs import Batch
from sync.protocol.questions import Admittance, Merge, Outcome
from sync.rules.gate import Fault, Missing
from tests.clinic import Desk
from tests.forging import Run, dump, note, stored
from tests.sync.conftest import CLIENT, LAB, WARD

HELD = 3
OTHER = 78
GC, SKIP, ROOT, AFTER, BYTES = b"\x00", b"\x0a", b"\x08", b"\x88", b"\x74"


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def text(value: str) -> bytes:
    return varint(len(value.encode())) + value.encode()


def blob(data: bytes) -> bytes:
    return BYTES + varint(len(data)) + data


def client(ident: int, clock: int, *structs: bytes) -> bytes:
    return varint(len(structs)) + varint(ident) + varint(clock) + b"".join(structs)


def update(*clients: bytes, deletes: bytes = b"\0") -> bytes:
    return varint(len(clients)) + b"".join(clients) + deletes


def root(name: str, *items: bytes) -> bytes:
    return ROOT + b"\x01" + text(name) + varint(len(items)) + b"".join(items)


def after(origin: int, clock: int, *items: bytes) -> bytes:
    return AFTER + varint(origin) + varint(clock) + varint(len(items)) + b"".join(items)


def offer(desk: Desk, *batches: Batch) -> tuple[Outcome, ...]:
    return desk.exchange.merge(Merge(batches)).outcomes


def assert_refused(desk: Desk, batch: Batch, fault: Fault) -> None:
    """Refused for that reason, and there is no trace of it."""
    before, roots = dump(desk), desk.roots
    (outcome,) = offer(desk, batch)
    assert (outcome.entry, outcome.reason) == (Admittance.INVALID, fault), outcome.why
    assert outcome.why
    assert dump(desk) == before
    assert desk.roots == roots


def assert_still_works(desk: Desk, run: Run) -> None:
    """The whole honest run enters, in memory and on disk, also after the daemon starts again."""
    (outcome,) = offer(desk, run.batch())
    assert outcome.entry is Admittance.ACCEPTED
    assert stored(desk, run.author) == {run.facts}
    more = run.then(note(90))
    desk.reopen()
    assert offer(desk, more.batch(len(run.facts))) == (Outcome(Admittance.ACCEPTED),)
    assert stored(desk, run.author) == {more.facts}


FACT = note(9)
ITEM = blob(FACT)
NAME = str(CLIENT)

BLOCKS = {
    "empty": b"",
    "nothing in it": update(),
    "only deletes": update(deletes=b"\x01" + varint(CLIENT) + b"\x01\x00\x03"),
    "garbage collected": update(client(CLIENT, HELD, GC + varint(1))),
    "a million garbage collected": update(client(CLIENT, HELD, GC + varint(10**6))),
    "garbage collected from the start": update(client(CLIENT, 0, GC + varint(1))),
    "skipped": update(client(CLIENT, HELD, SKIP + varint(1))),
    "skipped from the start": update(client(CLIENT, 0, SKIP + varint(1))),
    "garbage before an item": update(
        client(CLIENT, HELD, GC + b"\x01", after(CLIENT, HELD, ITEM)),
    ),
    "unknown origin": update(client(CLIENT, HELD, after(4711, 5, ITEM))),
    "unknown origin at the start": update(client(CLIENT, 0, after(4711, 5, ITEM))),
    "self origin": update(client(CLIENT, HELD, after(CLIENT, HELD, ITEM))),
    "self origin at the start": update(client(CLIENT, 0, after(CLIENT, 0, ITEM))),
    "future origin": update(client(CLIENT, HELD, after(CLIENT, HELD + 7, ITEM))),
    "past origin": update(client(CLIENT, HELD, after(CLIENT, 0, ITEM))),
    "another client's origin": update(client(CLIENT, HELD, after(OTHER, 0, ITEM))),
    "a new root in the middle": update(client(CLIENT, HELD, root(NAME, ITEM))),
    "right origin": update(
        client(CLIENT, HELD, b"\x48" + varint(CLIENT) + b"\x00" + b"\x01" + ITEM)
    ),
    "both origins": update(
        client(CLIENT, HELD, b"\xc8" + (varint(CLIENT) + b"\x02") * 2 + b"\x01" + ITEM)
    ),
    "cyclic origins": update(
        client(OTHER, 0, after(CLIENT, HELD, ITEM)), client(CLIENT, HELD, after(OTHER, 0, ITEM))
    ),
    "two clients": update(
        client(OTHER, 0, root("78", ITEM)), client(CLIENT, HELD, after(CLIENT, 2, ITEM))
    ),
    "one client twice": update(
        client(CLIENT, HELD, after(CLIENT, 2, ITEM)), client(CLIENT, 4, after(CLIENT, 3, ITEM))
    ),
    "overlapping runs": update(
        client(CLIENT, HELD, after(CLIENT, 2, ITEM, ITEM)),
        client(CLIENT, 4, after(CLIENT, 3, ITEM, ITEM)),
    ),
    "the same run twice": update(*[client(CLIENT, 0, root(NAME, ITEM, ITEM))] * 2),
    "two structs": update(client(CLIENT, HELD, after(CLIENT, 2, ITEM), after(CLIENT, 3, ITEM))),
    "a gap inside": update(
        client(CLIENT, HELD, after(CLIENT, 2, ITEM), SKIP + b"\x05", after(CLIENT, 8, ITEM))
    ),
    "deletes": update(
        client(CLIENT, HELD, after(CLIENT, 2, ITEM)),
        deletes=b"\x01" + varint(CLIENT) + b"\x01\x00\x02",
    ),
    "deletes of another": update(
        client(CLIENT, HELD, after(CLIENT, 2, ITEM)), deletes=b"\x01\x4e\x01\x00\x7f"
    ),
    "bytes behind": update(client(CLIENT, HELD, after(CLIENT, 2, ITEM))) + b"\0",
    "another root": update(client(CLIENT, 0, root("78", ITEM))),
    "a root with a zero before": update(client(CLIENT, 0, root("077", ITEM))),
    "a root of words": update(client(CLIENT, 0, root("patients", ITEM))),
    "a root without name": update(client(CLIENT, 0, root("", ITEM))),
    "a map": update(client(CLIENT, 0, b"\x28\x01" + text(NAME) + text("key") + b"\x01" + ITEM)),
    "a map after": update(
        client(CLIENT, HELD, b"\xa8" + varint(CLIENT) + b"\x02" + text("key") + b"\x01" + ITEM)
    ),
    "inside an item": update(client(CLIENT, 0, ROOT + b"\x00" + varint(OTHER) + b"\0\x01" + ITEM)),
    "no items": update(client(CLIENT, HELD, after(CLIENT, 2))),
    "more items than said": update(
        client(CLIENT, HELD, AFTER + varint(CLIENT) + b"\x02\x01" + ITEM + ITEM)
    ),
    "fewer items than said": update(
        client(CLIENT, HELD, AFTER + varint(CLIENT) + b"\x02\x03" + ITEM + ITEM)
    ),
    "a huge count": update(
        client(CLIENT, HELD, AFTER + varint(CLIENT) + b"\x02" + varint(1 << 40) + ITEM)
    ),
    "a huge length": update(client(CLIENT, HELD, after(CLIENT, 2, BYTES + varint(1 << 40) + FACT))),
    "a huge name": update(client(CLIENT, 0, ROOT + b"\x01" + varint(1 << 62) + b"77\x01" + ITEM)),
    "a number without end": b"\x01\x01" + b"\xff" * 40,
    "a count in two bytes": update(
        client(CLIENT, HELD, AFTER + varint(CLIENT) + b"\x02\x81\x00" + ITEM)
    ),
    "a clock in two bytes": update(b"\x01" + varint(CLIENT) + b"\x83\x00" + after(CLIENT, 2, ITEM)),
    "a client in three bytes": update(b"\x01\xcd\x80\x00" + varint(HELD) + after(CLIENT, 2, ITEM)),
    "a length in two bytes": update(
        client(CLIENT, HELD, after(CLIENT, 2, BYTES + b"\x81\x00" + b"x"))
    ),
    "a text": update(client(CLIENT, HELD, after(CLIENT, 2, b"\x77" + text("MRN")))),
    "a null": update(client(CLIENT, HELD, after(CLIENT, 2, b"\x7e"))),
    "a whole number": update(client(CLIENT, HELD, after(CLIENT, 2, b"\x7d\x05"))),
    "a float": update(client(CLIENT, HELD, after(CLIENT, 2, b"\x7b" + bytes(8)))),
    "a boolean": update(client(CLIENT, HELD, after(CLIENT, 2, b"\x78"))),
    "a plain map": update(client(CLIENT, HELD, after(CLIENT, 2, b"\x76\x01" + text("a") + ITEM))),
    "a plain list": update(client(CLIENT, HELD, after(CLIENT, 2, b"\x75\x01" + ITEM))),
    "lists 40,000 deep": update(
        client(CLIENT, HELD, after(CLIENT, 2, b"\x75\x01" * 40_000 + b"\x7e"))
    ),
    "a text behind bytes": update(
        client(CLIENT, HELD, after(CLIENT, 2, ITEM, b"\x77" + text("MRN")))
    ),
}
"""Updates for client 77, who has three facts at the victim; each differs from an honest one."""

for kind, name in enumerate(
    ["deleted", "json", "binary", "string", "embed", "format", "type"], start=1
):
    BLOCKS[f"content {name} at the start"] = update(
        client(CLIENT, 0, bytes([kind, 1]) + text(NAME) + b"\x01" + text('{"a":1}'))
    )
    BLOCKS[f"content {name}"] = update(
        client(CLIENT, HELD, bytes([0x80 | kind]) + varint(CLIENT) + b"\x02\x01" + text('"a"'))
    )
BLOCKS["content move"] = update(
    client(CLIENT, HELD, b"\x8b" + varint(CLIENT) + b"\x02\x00\x4d\x00")
)
BLOCKS["content doc"] = update(
    client(CLIENT, HELD, b"\x89" + varint(CLIENT) + b"\x02" + text("guid") + b"\x76\x00")
)


@pytest.mark.parametrize("start", [0, HELD], ids=["whole run", "difference"])
def test_forged_blocks_are_not_canonical(ward, run, start):
    """Each at an empty shard and at one that already holds the client's run."""
    if start:
        offer(ward, run.cut(HELD).batch())
    for block in BLOCKS.values():
        for count in (start + 1, start + 2):
            assert_refused(ward, run.cut(start).carrying(block, start, count), Fault.UPDATE)
    assert_still_works(ward, run)


def test_a_block_under_another_clients_id_is_refused(ward, run):
    """The nine bytes that would erase somebody's next million facts."""
    other = Run(LAB, run.signer, OTHER).then(note(1))
    offer(ward, other.batch())
    for struct in (GC + varint(10**6), SKIP + varint(10**6)):
        for clock in (0, 1, 2):
            forged = update(client(OTHER, clock, struct))
            assert_refused(ward, other.carrying(forged, clock, clock + 1), Fault.UPDATE)
            assert_refused(ward, run.carrying(forged), Fault.UPDATE)
    assert offer(ward, other.then(note(2)).batch(1)) == (Outcome(Admittance.ACCEPTED),)
    assert stored(ward, LAB) == {other.then(note(2)).facts}


def from_yrs(write) -> bytes:
    doc: Doc[Array[object]] = Doc(client_id=CLIENT)
    with doc.transaction():
        write(doc)
    return doc.get_update()


def in_array(*items):
    return lambda doc: doc.get(NAME, type=Array).extend(list(items))


@pytest.mark.parametrize(
    "write",
    [
        in_array("text"),
        in_array(1),
        in_array(2.5),
        in_array(True),
        in_array(None),
        in_array({"mrn": "710001"}),
        in_array([b"nested"]),
        in_array(FACT, "text"),
        in_array(FACT, Array([FACT])),
        in_array(Map({"a": FACT})),
        in_array(Array([Array([Array([FACT])])])),
        in_array(Text("text")),
        in_array(Doc()),
        lambda doc: doc.get(NAME, type=Map).update({"key": FACT}),
        lambda doc: doc.get(NAME, type=Text).insert(0, "text"),
        lambda doc: doc.get(NAME, type=Text).insert(0, "bold", {"bold": True}),
        lambda doc: doc.get(NAME, type=Text).insert_embed(0, FACT),
        lambda doc: doc.get(NAME, type=XmlFragment).children.append("text"),
        lambda doc: doc.get("other", type=Array).append(FACT),
        lambda doc: (
            doc.get(NAME, type=Array).insert(0, FACT) or doc.get(NAME, type=Array).insert(0, FACT)
        ),
        lambda doc: doc.get(NAME, type=Array).append(FACT) or doc.get(NAME, type=Array).pop(0),
    ],
)
def test_what_yrs_writes_for_anything_but_appended_bytes_is_refused(ward, run, write):
    """Whole and healthy Yjs updates, of contents that are not facts."""
    forged = from_yrs(write)
    for count in (1, 2):
        assert_refused(ward, run.carrying(forged, 0, count), Fault.UPDATE)
    assert_still_works(ward, run)


@pytest.mark.parametrize("huge", [1 << 53, (1 << 53) + 7, (1 << 63) + 7, 1 << 64, 1 << 70])
def test_a_client_id_that_yrs_would_fold_is_refused(ward, run, huge):
    """Yrs would take 2^53+7 for client 7."""
    folded = Run(LAB, run.signer, 7).then(note(1))
    offer(ward, folded.batch())
    forged = update(client(huge, 0, root(str(huge), ITEM)))
    assert_refused(ward, folded.carrying(forged)._replace(client=huge), Fault.UPDATE)
    assert_refused(ward, folded.carrying(forged), Fault.UPDATE)
    assert stored(ward, LAB) == {folded.facts}


def test_the_largest_client_id_is_allowed(ward, run):
    largest = Run(LAB, run.signer, (1 << 53) - 1).then(note(1), note(2))
    assert_still_works(ward, largest)


@pytest.mark.parametrize("huge", [1000, 1 << 32, 1 << 53, 1 << 63])
def test_a_clock_beyond_any_run_is_refused(ward, run, huge):
    """Yrs would take clock 2^32 for 0."""
    offer(ward, run.cut(HELD).batch())
    forged = run.carrying(yjs.encode_update(CLIENT, huge, [FACT]), 0, huge + 1)
    assert_refused(ward, forged._replace(first=huge), Fault.RUN_SIZE)
    assert_still_works(ward, run)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"client": OTHER}, Fault.POSITION),
        ({"client": 1 << 53}, Fault.POSITION),
        ({"first": 1}, Fault.POSITION),
        ({"first": -1}, Fault.POSITION),
        ({"length": 4}, Fault.POSITION),
        ({"length": 6}, Fault.POSITION),
        ({"length": 0}, Fault.POSITION),
        ({"shard": 1}, Fault.POSITION),
        ({"shard": -1}, Fault.POSITION),
        ({"shard": 1 << 32}, Fault.POSITION),
        ({"link": bytes(16)}, Fault.POSITION),
        ({"link": b""}, Fault.POSITION),
        ({"signature": bytes(64)}, Fault.SIGNATURE),
        ({"signature": b""}, Fault.SIGNATURE),
        ({"author": "@nobody"}, Fault.AUTHOR),
        ({"author": "lab1-pc"}, Fault.AUTHOR),
        ({"author": ""}, Fault.AUTHOR),
        ({"author": "L" * 51}, Fault.AUTHOR),
        ({"author": WARD}, Fault.POSITION),
        ({"author": REGISTRY}, Fault.POSITION),
        ({"author": COORDINATOR}, Fault.POSITION),
        ({"update": b""}, Fault.UPDATE),
    ],
)
def test_a_batch_that_says_something_else_than_its_update_is_refused(ward, run, wrong, fault):
    assert_refused(ward, run.batch()._replace(**wrong), fault)
    assert_still_works(ward, run)


def flipped(data: bytes, at: int, mask: int) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


@pytest.mark.parametrize("start", [0, HELD])
def test_no_byte_of_an_update_can_be_changed(ward, run, start):
    """Every position, in several ways, and every truncation."""
    if start:
        offer(ward, run.cut(start).batch())
    honest = run.batch(start)
    before, roots = dump(ward), ward.roots
    changes = ward.writer.store.connection.total_changes
    length = len(honest.update)
    altered = [
        *(flipped(honest.update, at, mask) for at in range(length) for mask in (1, 0x80, 0xFF)),
        *(honest.update[:at] for at in range(length)),
        *(honest.update + extra for extra in (b"\0", b"\x01", honest.update)),
    ]
    reasons = set()
    for forged in altered:
        (outcome,) = offer(ward, honest._replace(update=forged))
        assert outcome.entry is Admittance.INVALID, forged
        reasons.add(outcome.reason)
    assert ward.writer.store.connection.total_changes == changes
    assert reasons == {Fault.UPDATE, Fault.SIGNATURE}
    assert (dump(ward), ward.roots) == (before, roots)
    assert_still_works(ward, run)


def test_no_byte_of_a_signature_can_be_changed(ward, run):
    honest = run.batch()
    changes = ward.writer.store.connection.total_changes
    for at in range(64):
        for signature in (flipped(honest.signature, at, 1), honest.signature[:at]):
            (outcome,) = offer(ward, honest._replace(signature=signature))
            assert (outcome.entry, outcome.reason) == (Admittance.INVALID, Fault.SIGNATURE)
    assert ward.writer.store.connection.total_changes == changes
    assert_still_works(ward, run)


def test_a_signature_is_for_one_author_shard_client_and_end(ward, run):
    """A good signature of the same key for anything else than this very end is worth nothing."""
    elsewhere = [
        Run(WARD, run.signer, CLIENT, run.facts),
        Run(LAB, run.signer, OTHER, run.facts),
        Run(LAB, run.signer, CLIENT, run.facts, shard=1),
        run.then(note(6)),
        run.cut(4),
        run.cut(4).then(note(6)),
    ]
    for other in elsewhere:
        assert_refused(
            ward, run.batch()._replace(signature=other.batch().signature), Fault.SIGNATURE
        )
    plain = run.signer.sign(facts.pack((LAB, 0, *run.end())))
    assert_refused(ward, run.batch()._replace(signature=plain), Fault.SIGNATURE)
    assert_still_works(ward, run)


def test_a_desk_cannot_write_in_the_name_of_another(clinic, lab, ward, run):
    """Neither with its own key, which is not listed there, nor by naming the other's."""
    for author, real in (
        (WARD, ward.signer),
        (REGISTRY, clinic.coordinator_key),
        (COORDINATOR, clinic.coordinator_key),
    ):
        mine = Run(author, run.signer, CLIENT, run.facts).batch()
        key = runs.key_id(real.public_key)
        assert_refused(clinic.coordinator, mine._replace(key=key), Fault.SIGNATURE)
        before = dump(clinic.coordinator)
        assert offer(clinic.coordinator, mine) == (Outcome(Admittance.NOT_YET, Missing.KEY),)
        assert dump(clinic.coordinator) == before
        clinic.coordinator.reopen()
    assert_still_works(clinic.coordinator, run)


BAD_FACTS = {
    "not msgpack": b"\xc1",
    "empty": b"",
    "no array": facts.pack("fact"),
    "four elements": facts.pack(["k", b"", 0, bytes(8)]),
    "six elements": facts.pack(["k", b"", 0, bytes(8), b"", 0]),
    "two facts": note(1) + note(2),
    "a long form": b"\xdc\x00\x05" + note(1)[1:],
    "a map with a list as key": b"\x81\x91\x01\x02",
    "nested 10,000 deep": b"\x91" * 10_000,
    "too large": facts.pack(["k", b"", 0, bytes(8), bytes(17_000)]),
    "kind is bytes": facts.pack([b"k", b"", 0, bytes(8), b""]),
    "hlc of 64 bits": facts.pack(["k", b"", 1 << 63, bytes(8), b""]),
    "record id of 15 bytes": facts.pack(["k", bytes(15), 0, bytes(8), b""]),
}


@pytest.mark.parametrize("bad", BAD_FACTS.values(), ids=BAD_FACTS)
def test_a_bad_envelope_is_refused_with_all_its_run(ward, run, bad):
    """Rightly signed and rightly encoded: the one thing wrong is the fact."""
    forged = Run(LAB, run.signer, CLIENT, (*run.facts[:2], bad, *run.facts[3:]))
    assert_refused(ward, forged.batch(), Fault.FACT)
    assert_still_works(ward, run)


def test_a_forger_with_a_key_of_his_own_harms_nobody_elses_shard(ward, clinic, run):
    """A hundred forged batches, then the lab registers as ever."""
    for block in BLOCKS.values():
        offer(ward, run.carrying(block))
    assert ward.writer.store.shards.find(Author(LAB), 0) is None
    clinic.desks[LAB].register_offline()
    clinic.heal()
    assert ward.query("SELECT mrn, status FROM patients") == [("710000", "admitted")]
