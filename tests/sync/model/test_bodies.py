"""Bodies keep what was written, and nobody's faulty or future body is fatal."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.model import bodies, facts
from sync.model.clerks.known import KnownBy
from sync.model.facts import (
    Action,
    Allocator,
    Amendment,
    AuditHead,
    Author,
    AuthorityFact,
    Cause,
    ClerkFact,
    ClerkRule,
    Disbelief,
    Envelope,
    FactId,
    Grant,
    Malformed,
    PairFact,
    RangeFact,
    Reason,
    RecordAct,
    RecordId,
    RecordRequest,
    Registration,
    RequestRefusal,
    Resolution,
    SerialsFact,
    SheetFact,
    SigningKeyFact,
    State,
    TerminalFact,
    Unknown,
    Verdict,
    VouchedEnd,
)
from sync.model.numbers import NUMBER_MAX, Mrn
from sync.model.printed.checks import Check
from sync.model.printed.formats import NumberFormat, PrintedKind

RECORDED = Path(__file__).parent / "data" / "bodies.gz"
KINDS = [
    facts.REGISTRATION,
    facts.AMENDMENT,
    facts.TERMINAL,
    facts.RANGE,
    facts.SERIALS,
    facts.GRANT,
    facts.VERDICT,
    facts.RESOLUTION,
    facts.REQUEST,
    facts.REFUSAL,
    facts.DISBELIEF,
    facts.AUTHORITY,
    facts.AUDIT_HEAD,
    facts.SIGNING_KEY,
    facts.PAIR,
    facts.SHEET,
    facts.CLERK,
    facts.CLERK_RULE,
]
RECORD = FactId(bytes(range(16)))
INCARNATION = bytes(8)

ids = st.binary(min_size=16, max_size=16)
incarnations = st.binary(min_size=8, max_size=8)
keys = st.lists(st.binary(min_size=32, max_size=32), max_size=3).map(tuple)
codes = st.text("ABCXYZ0189-_", min_size=1, max_size=50)
serials = st.integers(0, facts.SERIAL_MAX)
letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, max_size=100)
fields = st.dictionaries(st.text(letters, min_size=1, max_size=64), texts, max_size=7)
times = st.datetimes(timezones=st.timezones()).map(lambda time: time.isoformat())
mrns = st.integers(1, NUMBER_MAX).map(str) | st.just("PAT-20260105-0001") | st.just("OLD-7")
replaced = st.lists(ids, max_size=3)

forms = st.builds(
    NumberFormat,
    st.sampled_from(PrintedKind),
    st.text("ABC019-.", max_size=12),
    st.integers(0, 12),
    st.sampled_from(["", "-", "."]),
    st.sampled_from(Check),
)


def maybe(strategy):
    return st.none() | strategy


known = maybe(st.sampled_from(KnownBy))

BODIES = {
    facts.REGISTRATION: st.builds(
        Registration,
        mrn=maybe(mrns),
        terminal=maybe(codes),
        offline=st.booleans(),
        registered_at=times,
        operator=maybe(texts),
        key_hash=maybe(ids),
        demographics=fields,
        known=known,
        understood=st.just(True),
    ),
    facts.AMENDMENT: st.builds(
        Amendment,
        registration=ids,
        fields=fields,
        replaces=st.dictionaries(texts, replaced, max_size=3),
        amended_at=times,
        operator=maybe(texts),
        known=known,
    ),
    facts.TERMINAL: st.builds(
        TerminalFact,
        serial=serials,
        replaces=replaced.map(tuple),
        code=codes,
        name=texts,
        state=st.sampled_from(State),
        keys=keys,
        withdrawn=keys,
        incarnation=maybe(incarnations),
        why=texts,
    ),
    facts.RANGE: st.tuples(st.integers(1, 1000), st.integers(1000, NUMBER_MAX)).flatmap(
        lambda ends: st.builds(
            RangeFact,
            serial=serials,
            replaces=replaced.map(tuple),
            start=st.just(ends[0]),
            end=st.just(ends[1]),
            terminal=codes,
            incarnation=maybe(incarnations),
            allocator=st.sampled_from(Allocator),
            mark=st.integers(0, ends[1]),
            closed=st.booleans(),
            source=texts,
            why=texts,
            format=maybe(forms),
        )
    ),
    facts.SERIALS: st.builds(
        SerialsFact,
        first=st.integers(0, 500),
        last=st.integers(500, 1000),
        cause=st.sampled_from(Cause),
        why=texts,
        who=st.text(letters, max_size=100),
    ),
    facts.GRANT: st.builds(
        Grant, serial=serials, mrn=mrns, terminal=maybe(codes), format=maybe(forms)
    ),
    facts.VERDICT: st.builds(
        Verdict,
        author=codes,
        shard=serials,
        client=serials,
        first=st.integers(0, 500),
        last=st.integers(600, 1000),
        link=ids,
        rejects=st.dictionaries(st.integers(0, 99), st.sampled_from(Reason), max_size=5),
    ),
    facts.RESOLUTION: st.builds(
        Resolution,
        serial=serials,
        replaces=replaced.map(tuple),
        registration=ids,
        action=st.sampled_from(Action),
        mrn=maybe(mrns),
        holder=maybe(ids),
        holder_record=maybe(ids),
        holder_mrn=maybe(mrns),
        who=texts,
        why=st.text(letters, max_size=1000),
        taken=st.lists(st.text(letters, min_size=1, max_size=64), max_size=3).map(tuple),
        asked=maybe(ids),
        known=known,
    ).map(lambda fact: fact._replace(holder_record=fact.holder)),
    facts.REQUEST: st.builds(
        RecordRequest,
        act=st.sampled_from(RecordAct),
        registration=ids,
        into=maybe(ids),
        into_record=maybe(ids),
        taken=st.lists(st.text(letters, min_size=1, max_size=64), max_size=3).map(tuple),
        why=st.text(letters, max_size=1000),
        operator=maybe(st.text(letters, max_size=100)),
        asked_at=st.just("2026-01-05T12:00:00+05:00"),
        known=known,
    ).map(lambda fact: fact._replace(into_record=fact.into)),
    facts.REFUSAL: st.builds(
        RequestRefusal,
        request=ids,
        who=st.text(letters, max_size=100),
        why=st.text(letters, max_size=1000),
        known=known,
    ),
    facts.DISBELIEF: st.builds(
        Disbelief,
        serial=serials,
        replaces=replaced.map(tuple),
        author=codes,
        first_ms=st.integers(0, 500),
        last_ms=st.integers(500, 1000),
        who=st.text(letters, max_size=100),
        why=st.text(letters, max_size=1000),
    ),
    facts.AUDIT_HEAD: st.builds(
        AuditHead,
        number=serials,
        hash=st.binary(min_size=32, max_size=32),
        since=serials,
        begun=maybe(st.binary(min_size=32, max_size=32)),
    ),
    facts.AUTHORITY: st.builds(
        AuthorityFact,
        certificate=st.binary(min_size=1, max_size=100),
        withdrawn=st.booleans(),
        why=st.text(letters, max_size=1000),
        who=st.text(letters, max_size=100),
    ),
    facts.SIGNING_KEY: st.builds(
        SigningKeyFact,
        key=st.binary(min_size=32, max_size=32),
        trusted=st.booleans(),
        ends=st.lists(
            st.builds(
                VouchedEnd,
                author=st.sampled_from([facts.REGISTRY, facts.COORDINATOR]),
                shard=serials,
                client=serials,
                length=serials,
                link=ids,
            ),
            max_size=3,
        ).map(tuple),
        why=st.text(letters, max_size=100),
        who=st.text(letters, max_size=100),
    ),
    facts.PAIR: st.builds(
        PairFact,
        replaces=st.lists(ids, max_size=3).map(tuple),
        one=ids,
        other=ids,
        other_record=ids,
        two_people=st.booleans(),
        seen_one=st.dictionaries(st.text(letters, min_size=1, max_size=64), ids, max_size=3),
        seen_other=st.dictionaries(st.text(letters, min_size=1, max_size=64), ids, max_size=3),
        who=st.text(letters, max_size=100),
        why=st.text(letters, max_size=1000),
        asked=maybe(ids),
        known=known,
    ).filter(lambda fact: fact.one != fact.other),
    facts.CLERK: st.builds(
        ClerkFact,
        replaces=replaced.map(tuple),
        clerk=ids,
        name=st.text(letters, min_size=1, max_size=100),
        desks=maybe(st.lists(codes, max_size=3).map(tuple)),
        pin=serials,
        removed=st.booleans(),
        who=st.text(letters, max_size=100),
    ),
    facts.CLERK_RULE: st.builds(
        ClerkRule,
        replaces=replaced.map(tuple),
        typing=st.booleans(),
        who=st.text(letters, max_size=100),
    ),
    facts.SHEET: st.builds(
        SheetFact,
        numbers=st.sets(st.integers(1, NUMBER_MAX), min_size=1, max_size=5).map(sorted).map(tuple),
        printed_at=times,
        operator=maybe(st.text(letters, max_size=100)),
        known=known,
    ),
}
NOON = "2026-01-05T12:00:00+05:00"
WRONG: list[Any] = [-1.5, {"x": {}}, [[]], b"", "\x00" * 2000]
"""What no element of any body may be."""
LATER: dict[str, tuple[int, dict[str, Any]]] = {
    facts.TERMINAL: (9, {"why": ""}),
    facts.RANGE: (11, {"why": "", "format": None}),
    facts.GRANT: (4, {"format": None}),
    facts.SERIALS: (5, {"who": ""}),
    facts.RESOLUTION: (11, {"taken": (), "asked": None, "known": None}),
    facts.AUTHORITY: (4, {"who": ""}),
    facts.SIGNING_KEY: (5, {"who": ""}),
    facts.REGISTRATION: (8, {"known": None}),
    facts.AMENDMENT: (6, {"known": None}),
    facts.REQUEST: (9, {"known": None}),
    facts.REFUSAL: (4, {"known": None}),
    facts.PAIR: (11, {"known": None}),
    facts.SHEET: (4, {"known": None}),
}
"""Where the elements begin that may be missing, and what is read then."""
NEVER_MALFORMED = {
    facts.RESOLUTION: 11,
    facts.RANGE: 12,
    facts.GRANT: 4,
    facts.REGISTRATION: 8,
    facts.AMENDMENT: 6,
    facts.REQUEST: 9,
    facts.REFUSAL: 4,
    facts.PAIR: 11,
    facts.SHEET: 4,
}
"""Where the elements begin at which an earlier version did not look at all."""


def envelope(kind: str, body: bytes, record: bytes = RECORD) -> Envelope:
    return Envelope(kind, RecordId(record), 5, facts.Incarnation(INCARNATION), body)


def read(kind: str, *parts: object) -> facts.Body:
    return bodies.read(envelope(kind, facts.pack(parts)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_gives_back_what_was_written(kind):
    @settings(max_examples=40)
    @given(BODIES[kind])
    def gives_back(fact):
        outer = envelope(kind, bodies.write(fact))
        assert facts.decode(facts.encode(outer)) == outer
        assert bodies.read(outer) == fact

    gives_back()


@pytest.mark.parametrize("kind", KINDS)
def test_more_elements_behind_the_known_ones_are_ignored(kind):
    @settings(max_examples=10)
    @given(BODIES[kind])
    def ignored(fact):
        longer = facts.pack([*facts.unpack(bodies.write(fact)), "more", {"later": [1]}])
        assert bodies.read(envelope(kind, longer)) == fact

    ignored()


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_that_breaks_its_layout_is_malformed(kind):
    """Each element in turn is replaced by something that no element may be, or left out."""

    @settings(max_examples=5)
    @given(BODIES[kind])
    def malformed(fact):
        parts = facts.unpack(bodies.write(fact))
        for position in range(1, NEVER_MALFORMED.get(kind, len(parts))):
            for wrong in WRONG:
                bad = [*parts[:position], wrong, *parts[position + 1 :]]
                assert isinstance(read(kind, *bad), Malformed), (position, wrong)
            if position < LATER.get(kind, (len(parts), {}))[0]:
                assert isinstance(read(kind, *parts[:position]), Malformed)

    malformed()


@pytest.mark.parametrize("kind", LATER)
def test_what_may_be_missing_is_empty_then(kind):
    @settings(max_examples=10)
    @given(BODIES[kind])
    def reads(fact):
        parts = facts.unpack(bodies.write(fact))
        end, empty = LATER[kind]
        assert read(kind, *parts[:end]) == fact._replace(**empty)

    reads()


@pytest.mark.parametrize("wrong", WRONG)
def test_what_an_earlier_version_ignores_makes_nothing_malformed(wrong):
    """Or replicas of the two versions would not agree on what the others say."""
    plain = SAMPLES[facts.RESOLUTION]
    parts = facts.unpack(bodies.write(plain))
    assert read(facts.RESOLUTION, *parts, wrong, None) == plain
    assert read(facts.RESOLUTION, *parts, ["sex"], wrong) == plain._replace(taken=("sex",))
    for sample in (SAMPLES[facts.GRANT], RANGE):
        kind = facts.GRANT if sample is not RANGE else facts.RANGE
        parts = facts.unpack(bodies.write(sample))
        for form in (wrong, ["plain", "C-", 7, "-", "of later"], ["plain", "c", 7, "", "luhn"]):
            assert read(kind, *parts, form) == sample


def test_a_form_that_a_table_keeps_is_one_for_numbers_of_its_kind():
    form = NumberFormat(PrintedKind.ONLINE, "K-", 0, "-", Check.DAMM)
    assert bodies.format_of(facts.pack(form), PrintedKind.ONLINE) == form
    assert bodies.format_of(facts.pack(form), PrintedKind.PLAIN) is None
    assert bodies.format_of(facts.pack(["of", "later"]), PrintedKind.ONLINE) is None


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {facts.REGISTRATION}))
@pytest.mark.parametrize("parts", [(2,), (2, "all", "new"), (99, None)])
def test_a_version_from_the_future_is_unknown(kind, parts):
    assert read(kind, *parts) == Unknown(kind)


@pytest.mark.parametrize("body", [b"", b"\xc1", facts.pack([1]), facts.pack({"a": 1})])
def test_a_kind_from_the_future_is_unknown_whatever_its_body(body):
    assert bodies.read(envelope("allergy", body)) == Unknown("allergy")


@pytest.mark.parametrize("version", [2, 3, 1000, (1 << 64) - 1])
@pytest.mark.parametrize("rest", [(), ("new",), (False, 5, {"anything": []})])
@pytest.mark.parametrize(("mrn", "terminal"), [("710001", "LAB1-PC"), (None, None), ("OLD-7", "A")])
def test_a_registration_of_any_version_keeps_its_claim(version, rest, mrn, terminal):
    found = read(facts.REGISTRATION, version, mrn, terminal, *rest)
    assert isinstance(found, Registration)
    assert (found.mrn, found.terminal, found.understood) == (mrn, terminal, False)
    assert found.demographics == {}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("mrn", "terminal"), [(" 710001", "LAB1-PC"), ("710001", "lab1-pc"), (710001, "LAB1-PC")]
)
def test_a_claim_that_is_not_canonical_is_malformed_in_any_version(version, mrn, terminal):
    found = read(facts.REGISTRATION, version, mrn, terminal, True, "", None, None, {})
    assert isinstance(found, Malformed)
    assert found.mrn == (mrn if isinstance(mrn, str) else None)
    assert found.terminal == terminal


def test_a_malformed_claim_is_reported_only_where_it_can_be_read():
    """A NUL would end the text early for half of SQLite's functions."""
    found = read(facts.REGISTRATION, 1, "71\x000001", "LAB\x00")
    assert isinstance(found, Malformed)
    assert (found.mrn, found.terminal) == (None, None)


@pytest.mark.parametrize("version", [0, -1, True, "1", None, 1.0, [1]])
def test_a_body_begins_with_a_version(version):
    for kind in KINDS:
        assert isinstance(read(kind, version, "710001", "LAB1-PC"), Malformed)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (facts.GRANT, (1, 5, "71  0001", None)),
        (facts.GRANT, (1, 1 << 53, "710001", None)),
        (facts.GRANT, (1, True, "710001", None)),
        (facts.GRANT, (1, -1, "710001", None)),
        (facts.VERDICT, (1, "LAB", 0, 7, 5, 5, bytes(16), [])),
        (facts.VERDICT, (1, "LAB", 0, 7, 0, 5, bytes(15), [])),
        (facts.VERDICT, (1, "LAB", 0, 7, 0, 5, bytes(16), [[5, "malformed"]])),
        (facts.VERDICT, (1, "LAB", 0, 7, 0, 5, bytes(16), [[-1, "malformed"]])),
        (facts.VERDICT, (1, "LAB", 0, 7, 0, 5, bytes(16), [[1, "whim"]])),
        (facts.RANGE, (1, 1, [], 9, 5, "LAB", None, "node", 0, False, "")),
        (facts.RANGE, (1, 1, [], 0, 5, "LAB", None, "node", 0, False, "")),
        (facts.RANGE, (1, 1, [], 1, NUMBER_MAX + 1, "LAB", None, "node", 0, False, "")),
        (facts.RANGE, (1, 1, [], 1, 5, "LAB", None, "node", 6, False, "")),
        (facts.RANGE, (1, 1, [], 1, 5, "LAB", None, "nobody", 0, False, "")),
        (facts.TERMINAL, (1, 1, [], "LAB", "", "asleep", [], [], None)),
        (facts.TERMINAL, (1, 1, [b"short"], "LAB", "", "active", [], [], None)),
        (facts.TERMINAL, (1, 1, [], "LAB", "", "active", [bytes(31)], [], None)),
        (facts.TERMINAL, (1, 1, [], "L" * 51, "", "active", [], [], None)),
        (facts.SERIALS, (1, 6, 5, "lost", "", "")),
        (facts.SERIALS, (1, 5, 6, "unknown", "", "")),
        (facts.REQUEST, (1, "merge", bytes(16), bytes(16), None, [], "", None, NOON)),
        (facts.REQUEST, (1, "merge", bytes(16), None, bytes(16), [], "", None, NOON)),
        (facts.REQUEST, (1, "void", bytes(16), None, None, [], "", None, "yesterday")),
        (facts.PAIR, (1, [], bytes(16), bytes(16), RECORD, True, {}, {}, "admin", "", None)),
        (facts.AUDIT_HEAD, (1, 64, bytes(31), 0, None)),
        (facts.AUDIT_HEAD, (1, 64, bytes(32), 0, bytes(33))),
        (facts.SIGNING_KEY, (1, bytes(31), True, [], "")),
        (facts.SIGNING_KEY, (1, bytes(32), False, [["LAB1-PC", 0, 1, 1, bytes(16)]], "")),
        (facts.SIGNING_KEY, (1, bytes(32), False, [["@registry", 0, 1, 1, bytes(15)]], "")),
        (facts.SIGNING_KEY, (1, bytes(32), False, [["@registry", 0, 1, 1, bytes(16)]] * 201, "")),
        (facts.DISBELIEF, (1, 1, [], "LAB", 9, 8, "admin", "")),
        (facts.RESOLUTION, (1, 1, [], bytes(16), "undo", *[None] * 4, "", "")),
    ],
)
def test_values_out_of_bounds_are_malformed(kind, parts):
    assert isinstance(read(kind, *parts), Malformed)


RANGE = RangeFact(
    5, (), 710000, 710099, Author("LAB1-PC"), None, Allocator.NODE, 0, False, "administrator"
)
SAMPLES: dict[str, Any] = {
    facts.REGISTRATION: Registration(
        None, None, False, "2026-01-05T12:00:00+05:00", None, None, {"full_name": "محمد"}
    ),
    facts.AMENDMENT: Amendment(RECORD, {}, {"sex": [RECORD]}, "2026-01-05T12:00:00Z", None),
    facts.GRANT: Grant(5, Mrn("PAT-20260105-0001"), None),
    facts.RESOLUTION: Resolution(
        5, (), RECORD, Action.VOID, None, None, None, None, "admin", "typed twice"
    ),
}


NAMING: dict[str, tuple[Any, int]] = {
    facts.REGISTRATION: (SAMPLES[facts.REGISTRATION], 8),
    facts.AMENDMENT: (SAMPLES[facts.AMENDMENT], 6),
    facts.RESOLUTION: (SAMPLES[facts.RESOLUTION], 13),
    facts.REQUEST: (
        RecordRequest(
            RecordAct.VOID, RECORD, None, None, (), "twice", "Sadia", "2026-01-05T12:00:00Z"
        ),
        9,
    ),
    facts.REFUSAL: (RequestRefusal(RECORD, "Sadia", "she is real"), 4),
    facts.PAIR: (
        PairFact((), RECORD, FactId(bytes(16)), RECORD, True, {}, {}, "Sadia", "sisters", None),
        11,
    ),
    facts.SHEET: (SheetFact((710000,), "2026-01-05T12:00:00Z", "Sadia"), 4),
}
"""A fact of each kind that names somebody, and where its body says how the name is known."""


@pytest.mark.parametrize("kind", NAMING)
def test_a_fact_says_how_the_name_of_whoever_did_it_is_known(kind):
    fact, place = NAMING[kind]
    before = bodies.write(fact)
    assert facts.unpack(before)[place:] == [], "bodies without it are as those of before"
    for how in KnownBy:
        body = bodies.write(fact._replace(known=how))
        assert facts.unpack(body)[place] == how
        assert bodies.read(envelope(kind, body)) == fact._replace(known=how)


@pytest.mark.parametrize("kind", NAMING)
@pytest.mark.parametrize("said", ["by_eye", 7, [], {"pin": 1}, "PIN", None])
def test_what_else_stands_there_counts_as_nothing(kind, said):
    fact, place = NAMING[kind]
    parts = facts.unpack(bodies.write(fact._replace(known=KnownBy.PIN)))
    parts[place] = said
    assert bodies.read(envelope(kind, facts.pack(parts))) == fact


def test_facts_about_a_person_need_a_record_id():
    for kind in (facts.REGISTRATION, facts.AMENDMENT, facts.GRANT, facts.RESOLUTION):
        body = bodies.write(SAMPLES[kind])
        assert bodies.read(envelope(kind, body)) == SAMPLES[kind]
        assert isinstance(bodies.read(envelope(kind, body, b"")), Malformed)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats()
    | st.text(letters, max_size=20)
    | st.binary(max_size=40)
    | st.sampled_from(["710001", "LAB1-PC", "active", "node", RECORD, INCARNATION, bytes(32)])
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(letters), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(KINDS),
    st.lists(trees, max_size=12).map(lambda parts: facts.pack([1, *parts]))
    | st.binary(max_size=99),
    st.sampled_from([b"", RECORD]),
)
def test_reading_any_body_never_raises(kind, body, record):
    found = bodies.read(envelope(kind, body, record))
    assert isinstance(found, facts.Body)


@settings(max_examples=300)
@given(st.data())
def test_reading_a_body_with_one_byte_changed_never_raises(data):
    kind = data.draw(st.sampled_from(sorted(SAMPLES)))
    body = bytearray(bodies.write(SAMPLES[kind]))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    assert isinstance(bodies.read(envelope(kind, bytes(body))), facts.Body)


@pytest.mark.parametrize(
    "body",
    [
        b"\x92\x01\x81\x91\x01\x02",
        b"\x92\x01\x81\x80\x02",
        b"\x92\x01\xd6\xff\xff\xff\xff\xff",
        b"\x92\x01\xc7\x0c\xff" + b"\xff" * 12,
        b"\x92\x01\xc7\x03\x05abc",
        b"\x92\x01\xdd\xff\xff\xff\xff",
        b"\x92\x01\xa2\xc3\x28",
        b"\x91" * 16_000,
        b"\x81" * 16_000,
        b"\xc1",
        b"",
    ],
)
def test_msgpack_that_few_programs_write_is_malformed(body):
    """Keys that are lists, times, extensions, lengths of gigabytes, half letters, deep nests."""
    for kind in KINDS:
        assert isinstance(bodies.read(envelope(kind, body)), Malformed)


NO_TIMES = ["2026-01-05T12:00:00", "2026-01-05", "", "noon", "2026-01-05T25:00Z", "2" * 50]


def test_a_time_carries_its_zone():
    assert all(map(bodies.is_zoned_time, ["2026-01-05T12:00:00+05:00", "2026-01-05T12:00:00Z"]))
    assert not any(map(bodies.is_zoned_time, NO_TIMES))


def registration_with(fields: Any) -> facts.Body:
    parts = ["710001", "LAB1-PC", True, "2026-01-05T12:00:00Z", None, None, fields]
    return read(facts.REGISTRATION, 1, *parts)


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        {1: "a"},
        {"": "a"},
        {"a": 1},
        {"a": None},
        {"a": b"b"},
        {"a" * 65: "b"},
        {"a": "x" * 4097},
        {"a": "ی" * 2049},
        {str(number): "" for number in range(65)},
    ],
)
def test_what_facts_may_not_carry_as_fields(fields):
    assert isinstance(registration_with(fields), Malformed)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"new_field": "x"},
        {"a": ""},
        {"a" * 64: "ی" * 2048, "b": "c"},
        {"a": "x" * 4096},
        {str(number): "" for number in range(64)},
    ],
)
def test_what_facts_may_carry_as_fields(fields):
    found = registration_with(fields)
    assert isinstance(found, Registration)
    assert found.demographics == fields


def test_a_kept_body_is_read_without_the_rest_of_its_fact():
    body = bodies.write(SAMPLES[facts.GRANT])
    assert bodies.read_kept(facts.GRANT, RecordId(RECORD), 5, body) == SAMPLES[facts.GRANT]


def normal_form(found: facts.Body) -> Any:
    """What is left of a body: its canonical bytes, or what it claims."""
    if isinstance(found, Unknown):
        return None
    if isinstance(found, Malformed) or (isinstance(found, Registration) and not found.understood):
        return [found.mrn, found.terminal]
    return bodies.write(found)


def test_bodies_are_read_as_the_first_reader_did():
    """Replicas agree only while all of them read every body alike, a mutated one too.

    The file holds bodies of each kind with elements exchanged, left out or added, lengths and
    numbers in other forms of msgpack, keys that stand twice, and bytes changed at random; beside
    each what the first reader, which checked every element by hand, made of it.
    """
    recorded = msgpack.unpackb(gzip.decompress(RECORDED.read_bytes()))
    assert len(recorded) == 3000
    for kind, record, body, name, form in recorded:
        found = bodies.read(envelope(kind, body, record))
        assert (type(found).__name__, normal_form(found)) == (name, form), (kind, body.hex())


# what a body may hold is bounded


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("more", "is_read"),
    [
        ([nested(facts.NESTING_MAX - 1)], True),
        ([nested(facts.NESTING_MAX)], False),
        ([nested(500)], False),
        ([{"a": nested(facts.NESTING_MAX)}], False),
        ([[0] * facts.ELEMENTS_MAX], True),
        ([[0] * (facts.ELEMENTS_MAX + 1)], False),
        ([dict.fromkeys(range(facts.ELEMENTS_MAX))], True),
        ([dict.fromkeys(range(facts.ELEMENTS_MAX + 1))], False),
    ],
)
def test_what_more_a_body_may_hold_is_bounded(more, is_read):
    parts = [*facts.unpack(bodies.write(SAMPLES[facts.REGISTRATION])), *more]
    found = bodies.read(envelope(facts.REGISTRATION, facts.pack(parts)))
    assert isinstance(found, Registration if is_read else Malformed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "opening",
    [
        b"\xdd\x00\x00\x3f\xac",
        b"\xdd\x00\x00\x07\xd0",
        b"\xdc\x07\xd0",
        b"\xdf\x00\x00\x07\xd0\x01",
    ],
)
def test_arrays_that_promise_elements_take_no_memory_for_them(kind, opening):
    """They said so 3,000 times, one within another, and each took 130 kB at once."""
    body = (b"\x98\x01" + opening * facts.FACT_BYTES_MAX)[:16_000]
    tracemalloc.start()
    try:
        assert isinstance(bodies.read(envelope(kind, body)), Malformed)
        assert tracemalloc.get_traced_memory()[1] < 40 * len(body)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("numbers", "at"), [([7, 7], NOON), ([8, 7], NOON), ([], NOON), ([0, 1], NOON), ([7], "noon")]
)
def test_a_sheet_whose_numbers_do_not_rise_is_malformed(numbers, at):
    body = facts.pack([1, numbers, at, None])
    outer = facts.Envelope(facts.SHEET, facts.NO_RECORD, 1, facts.Incarnation(INCARNATION), body)
    assert isinstance(bodies.read(outer), facts.Malformed)
