"""Codes in the registry: for one terminal, for one key, for some time."""

import pytest

from coordinator.errors import (
    EnrolCodeExpired,
    EnrolCodeUnknown,
    EnrolCodeUsed,
    EnrolledElsewhere,
    EnrolTerminalTaken,
)
from coordinator.registry import authorities, enrolments, pool, succession, terminals
from coordinator.registry.enrolments import Asking, NewCode
from coordinator.registry.succession import Replaced
from sync.errors import BadCertificate, BadTerminalCode
from sync.model import facts
from sync.model.believed import NEAR_MS
from sync.model.facts import Allocator, State
from sync.trust import authority, certificates, codes
from sync.trust.authority import Authority
from tests.stepping import DAY_MS

CODE = "NEW-PC"
TLS_KEY = certificates.public_bytes(certificates.new_key())


@pytest.fixture
def issuer(tmp_path):
    folder = tmp_path / "authority"
    folder.mkdir()
    authority.make(folder, bytes(32))
    return Authority(folder, bytes(32))


@pytest.fixture
def new_code(clinic):
    def make(code=CODE, valid_s=3600):
        made = codes.fresh("hub", 8472, bytes(32))
        kept = NewCode(made.id, made.secret)
        clinic.act(lambda tx: enrolments.new_code(tx, code, None, kept, valid_s))
        return made

    return make


@pytest.fixture
def use(clinic, issuer):
    def ask(made, key=b"k" * 32, tls_key=TLS_KEY, terminal="", incarnation=b"i" * 8):
        asking = Asking(made.id, made.secret, terminal, key, tls_key, incarnation)
        return clinic.act(lambda tx: enrolments.use(tx, asking, issuer))

    return ask


def registry(clinic):
    return clinic.coordinator.writer.registry


def stored(clinic):
    return enrolments.all_codes(clinic.coordinator.writer.store)


def test_a_code_makes_the_terminal_and_its_use_lets_the_node_join(clinic, new_code, use):
    made = new_code()
    assert not registry(clinic).terminals[CODE].has_node
    used = use(made)
    assert registry(clinic).terminals[CODE].live_keys == {b"k" * 32}
    assert certificates.subject_of(used.certificate).author == CODE
    (block,) = registry(clinic).blocks_of(CODE)
    assert (block.allocator, block.incarnation) == (Allocator.NODE, b"i" * 8)


def test_the_same_keys_get_the_same_answer(clinic, new_code, use):
    made = new_code()
    assert use(made) == use(made)
    assert len(registry(clinic).blocks_of(CODE)) == 1


def test_it_is_answered_again_also_when_its_time_is_over(clinic, new_code, use):
    made = new_code()
    used = use(made)
    clinic.now_ms += 7_200_000
    assert use(made) == used


@pytest.mark.parametrize(
    "other",
    [{"key": b"x" * 32}, {"tls_key": certificates.public_bytes(certificates.new_key())}],
)
def test_another_key_is_refused(clinic, new_code, use, other):
    made = new_code()
    use(made)
    with pytest.raises(EnrolCodeUsed):
        use(made, **other)
    assert registry(clinic).terminals[CODE].live_keys == {b"k" * 32}


def test_a_code_whose_time_is_over_is_refused(clinic, new_code, use):
    made = new_code(valid_s=60)
    clinic.now_ms += 60_000
    with pytest.raises(EnrolCodeExpired):
        use(made)
    assert not registry(clinic).terminals[CODE].has_node


@pytest.fixture
def set_clock(clinic):
    """The coordinator's clock is set, and an administrator says that it is right."""

    def set_by(ms):
        clinic.coordinator.skew_ms += ms
        clinic.coordinator.writer.believed.confirm()
        clinic.act(lambda tx: None)

    return set_by


def test_a_code_that_was_made_under_a_clock_that_was_ahead_does_not_hold_for_weeks(
    clinic, new_code, use, set_clock
):
    set_clock(50 * DAY_MS)
    made = new_code()
    set_clock(-50 * DAY_MS)
    with pytest.raises(EnrolCodeExpired):
        use(made)
    new_code("OTHER-PC")
    assert made.id not in stored(clinic)


def test_a_clock_that_is_set_by_minutes_ends_no_code(new_code, use, set_clock):
    made = new_code()
    set_clock(-NEAR_MS)
    use(made)


def test_a_code_of_an_earlier_version_holds(clinic, new_code, use):
    made = new_code()
    store = clinic.coordinator.writer.store
    (kept,) = stored(clinic).values()
    store.meta.keep_enrolment(made.id, facts.pack(tuple(kept)[:-1]))
    use(made)


def test_a_wrong_secret_and_a_wrong_id_are_refused_alike(new_code, use):
    made = new_code()
    for wrong in (made._replace(secret=bytes(16)), made._replace(id=bytes(5))):
        with pytest.raises(EnrolCodeUnknown):
            use(wrong)


def test_a_desk_that_is_another_terminal_is_refused(new_code, use):
    with pytest.raises(EnrolledElsewhere, match="WARD-PC"):
        use(new_code(), terminal="WARD-PC")


def test_a_terminal_that_has_a_computer_takes_no_second_one(clinic, lab, new_code, use):
    made = new_code("LAB1-PC")
    with pytest.raises(EnrolTerminalTaken):
        use(made)
    clinic.act(lambda tx: terminals.change_terminal(tx, "LAB1-PC", state=State.REPLACED, why="x"))
    use(made)
    assert registry(clinic).terminals["LAB1-PC"].live_keys == {b"k" * 32}


def test_a_desk_that_is_there_keeps_its_ranges(clinic, lab, new_code, use):
    before = registry(clinic).blocks_of("LAB1-PC")
    incarnation = registry(clinic).terminals["LAB1-PC"].incarnation
    use(new_code("LAB1-PC"), lab.signer.public_key, terminal="LAB1-PC", incarnation=incarnation)
    assert registry(clinic).blocks_of("LAB1-PC") == before


def test_a_newer_code_ends_the_ones_that_nobody_has_used(clinic, new_code, use):
    first, used = new_code(), new_code("USED-PC")
    use(used)
    new_code("USED-PC")
    new_code()
    with pytest.raises(EnrolCodeUnknown):
        use(first)
    assert used.id in stored(clinic), "the answer may have been lost"


def test_what_has_ended_is_removed(clinic, new_code):
    made = new_code(valid_s=60)
    clinic.now_ms += 60_000
    new_code("OTHER-PC")
    assert made.id not in stored(clinic)


def test_so_many_codes_are_kept(clinic, new_code, monkeypatch):
    monkeypatch.setattr(enrolments, "CODES_MAX", 3)
    made = [new_code(f"PC-{number}", 3600 + number) for number in range(5)]
    assert set(stored(clinic)) == {one.id for one in made[2:]}


def test_the_secret_is_stored_as_a_hash(clinic, new_code):
    made = new_code()
    rows = clinic.coordinator.query("SELECT value FROM meta")
    assert not any(made.secret in bytes(value) for (value,) in rows if isinstance(value, bytes))


def test_what_is_stored_of_a_short_code_lets_nobody_in(clinic, use):
    """Whoever reads the database, or a backup, finds neither the code nor what a desk sends."""
    brief = codes.fresh_short()
    stretched = brief.stretched()
    kept = NewCode(brief.id, *stretched)
    clinic.act(lambda tx: enrolments.new_code(tx, CODE, None, kept, 3600))
    (found,) = stored(clinic).values()
    assert stretched.proving in found
    assert not {stretched.shown, brief.digits.encode()} & set(found)
    for field in found:
        if isinstance(field, bytes):
            with pytest.raises(EnrolCodeUnknown):
                use(codes.fresh("hub", 1, bytes(32))._replace(id=brief.id, secret=field))
    use(codes.fresh("hub", 1, bytes(32))._replace(id=brief.id, secret=stretched.shown))


def test_a_code_of_a_name_that_no_terminal_can_have_is_refused(new_code):
    with pytest.raises(BadTerminalCode):
        new_code("1234")


def test_a_desk_can_be_let_in_while_the_pool_is_off(clinic, new_code, use):
    clinic.act(lambda tx: pool.change(tx, None, None, False))
    use(new_code())
    assert registry(clinic).blocks_of(CODE) == []


def test_what_is_no_tls_key_lets_nobody_in(clinic, new_code, use):
    with pytest.raises(BadCertificate):
        use(new_code(), tls_key=b"no key")
    assert not registry(clinic).terminals[CODE].has_node


def test_whose_certificate_was_issued_is_remembered(clinic, new_code, use, issuer):
    use(new_code())
    assert clinic.coordinator.writer.store.meta.certified() == {b"k" * 32: issuer.fingerprint}


def test_desks_are_to_be_enrolled_again_whose_authority_counts_no_more(
    clinic, lab, new_code, use, issuer, tmp_path
):
    """Also where the signing key stays: `authority anew`, or `authority finish` too early."""
    use(new_code())
    authority.make(tmp_path, bytes(32))
    following = Authority(tmp_path, bytes(32))

    def left():
        certified = clinic.coordinator.writer.store.meta.certified()
        return enrolments.to_enrol_again(registry(clinic), certified, following)

    assert left() == []
    clinic.act(lambda tx: authorities.vouch(tx, issuer.certificate))
    assert left() == []
    clinic.act(lambda tx: authorities.withdraw(tx, issuer.certificate, "its key is lost"))
    assert left() == [CODE], "the other one has joined with a file, and has no certificate"
    former = Replaced((b"f" * 32,), True, "why", "console:admin")
    clinic.act(lambda tx: succession.take_over(tx, former, clinic.coordinator_key.public_key))
    assert left() == sorted([CODE, lab.author])


def test_a_long_code_cannot_be_used_as_a_short_one(clinic, new_code):
    made = new_code()
    with pytest.raises(EnrolCodeUnknown):
        enrolments.short(clinic.coordinator.writer, made.id)
