"""Which records are not what was written: by the links of their run and the ids in the tables."""

import pytest

from sync.engine.records import sheets
from sync.model.clerks.known import Doer, KnownBy
from sync.storage.shards import is_whole
from sync.upkeep.records import changed
from tests.clinic import Clinic, pull

AT = "2026-01-05T10:42:00+05:00"


@pytest.fixture
def desk(tmp_path):
    """A desk that has met the coordinator, and registered five people alone, with a correction."""
    clinic = Clinic(tmp_path, durable=False)
    desk = clinic.desk("LAB1-PC", "710000-719999")
    people = [desk.register_offline(full_name=f"Alone {number}") for number in range(5)]
    desk.amend(desk.fact_of(people[3]), address="Street 17")
    desk.write(lambda tx: sheets.take(tx, desk.author, None, AT, Doer("Sadia", KnownBy.PIN)))
    yield desk
    clinic.close()


def change(desk, old, new):
    ((run, clock, data),) = desk.query(
        "SELECT run, clock, data FROM facts WHERE instr(data, ?)", old
    )
    put(desk, run, clock, data.replace(old, new))
    return clock, data


def put(desk, run, clock, data):
    desk.query("UPDATE facts SET data = ? WHERE run = ? AND clock = ?", data, run, clock)


def found(desk):
    store = desk.writer.store
    return [
        one
        for shard, run in store.shards.all_runs()
        if not is_whole(store.shards, shard, run)
        for one in changed.in_run(store, shard, run)
    ]


def test_nothing_has_changed_in_a_sound_database(desk):
    assert found(desk) == []
    pull(desk.clinic.coordinator, desk)
    desk.clinic.heal()
    assert found(desk.clinic.coordinator) == []


def test_a_registration_is_found_by_the_id_that_the_table_of_people_has(desk):
    clock, data = change(desk, b"Alone 2", b"@@one 2")
    (one,) = found(desk)
    assert (one.clock, one.mrn, one.registers, one.author) == (clock, "710002", True, "LAB1-PC")
    assert changed.mended(desk.writer.store, [one]) == [one], "two bytes are too many to try"
    assert changed.text_of([one]) == "the registration of the person with the number 710002"
    put(desk, one.run, clock, data)
    assert found(desk) == []


def test_one_byte_is_found_again_whatever_it_was(desk):
    clock, data = change(desk, b"Alone 2", b"Alone\xff2")
    (one,) = changed.mended(desk.writer.store, found(desk))
    assert (one.clock, one.mended) == (clock, data)
    desk.writer.store.shards.mend(one.run, one.clock, one.mended)
    assert found(desk) == []


def test_a_long_record_and_more_than_a_few_are_not_tried(desk, monkeypatch):
    change(desk, b"Alone 2", b"@lone 2")
    monkeypatch.setattr(changed, "MENDED_BYTES_MAX", 10)
    assert changed.mended(desk.writer.store, found(desk))[0].mended is None
    monkeypatch.undo()
    monkeypatch.setattr(changed, "MENDED_MAX", 1)
    change(desk, b"Alone 4", b"@lone 4")
    first, second = changed.mended(desk.writer.store, found(desk))
    assert first.mended is not None
    assert second.mended is None


def test_a_correction_is_that_of_its_person(desk):
    change(desk, b"Street 17", b"@@reet 17")
    (one,) = found(desk)
    assert (one.mrn, one.registers) == ("710003", False)
    assert changed.text_of([one]) == "a correction of the person with the number 710003"


def test_a_record_that_no_table_has_by_its_place_is_the_only_one_without_its_id_there(desk):
    clock, _ = change(desk, b"Sadia", b"@adia")
    (one,) = found(desk)
    assert (one.clock, one.id, one.mrn) == (clock, None, None)
    assert changed.text_of([one]).startswith("a record of LAB1-PC at the place")
    assert changed.mended(desk.writer.store, [one]) == [one]


def test_a_text_names_a_few_of_many(desk, monkeypatch):
    monkeypatch.setattr(changed, "NAMED_MAX", 2)
    for number in range(4):
        change(desk, b"Alone %d" % number, b"@@one %d" % number)
    assert changed.text_of(found(desk)).endswith("number 710001, and 2 more")


def test_what_is_missing_is_among_them(desk):
    desk.query("DELETE FROM facts WHERE instr(data, ?)", b"Alone 1")
    (one,) = found(desk)
    assert (one.mrn, one.registers) == ("710001", True)
    assert changed.mended(desk.writer.store, [one]) == [one]


def test_without_the_tables_every_record_may_be_the_one(desk):
    change(desk, b"Alone 2", b"@lone 2")
    for table in ("amendments", "sheets"):
        desk.query(f"DROP TABLE {table}")
    assert {one.id for one in found(desk)} == {None}
    assert len(found(desk)) == 7


def test_tables_that_were_made_from_what_had_changed_prove_nothing(desk):
    change(desk, b"Alone 2", b"@lone 2")
    desk.writer.rebuild()
    records = found(desk)
    assert {one.id for one in records} == {None}
    assert [one.clock for one in records] == list(range(7))
    assert changed.mend_all(desk.writer.store) == 0


def test_all_is_mended_before_tables_are_made_again(desk):
    change(desk, b"Alone 2", b"@lone 2")
    change(desk, b"Street 17", b"Street@17")
    assert changed.mend_all(desk.writer.store) == 2
    desk.writer.rebuild()
    assert found(desk) == []


def test_what_only_tables_know_is_told_as_long_as_they_do(desk):
    store = desk.writer.store
    assert changed.known_to_tables(store) == []
    change(desk, b"Alone 2", b"@@one 2")
    assert [one.mrn for one in changed.known_to_tables(store)] == ["710002"]
    change(desk, b"@@one 2", b"Alone 2")
    desk.query("DELETE FROM facts WHERE instr(data, ?)", b"Alone 4")
    assert [one.mrn for one in changed.known_to_tables(store)] == ["710004"]


@pytest.mark.parametrize(
    "is_there",
    [True, False],
)
def test_what_is_kept_of_tables_tells_it_when_they_were_made_again(desk, is_there):
    store = desk.writer.store
    ((run, clock, ident),) = desk.query(
        "SELECT run, clock, fact FROM patients WHERE mrn = '710002'"
    )
    if is_there:
        change(desk, b"Alone 2", b"@@one 2")
    else:
        desk.query("DELETE FROM facts WHERE instr(data, ?)", b"Alone 2")
    before = found(desk)
    changed.keep_known(store)
    desk.writer.rebuild()
    (one,) = found(desk)
    assert (one.run, one.clock, one.id, one.doubtful) == (run, clock, ident, False)
    assert [one] == before, "the same number, too"
    assert changed.text_of([one]) == "the registration of the person with the number 710002"


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize(("written", "number"), [(b"Alone 2", "710002"), (b"Street 17", "710003")])
def test_what_is_kept_of_tables_names_the_person_when_they_were_made_again(
    desk, is_there, written, number
):
    """However often: the newer tables know only what a fault has made of it, or nobody."""
    store = desk.writer.store
    if is_there:
        change(desk, written, b"@@" + written[2:])
    else:
        desk.query("DELETE FROM facts WHERE instr(data, ?)", written)
    (before,) = found(desk)
    person = changed.person_of(store, before)
    for _ in range(2):
        changed.keep_known(store)
        desk.writer.rebuild()
        assert found(desk) == [before]
        assert changed.person_of(store, before) == person
    assert person.full_name == f"Alone {number[-1]}"
    assert before.mrn == number
    assert person.record is not None


def test_what_was_kept_and_cannot_be_read_any_more_is_as_if_it_were_not_there(desk):
    change(desk, b"Alone 2", b"@@one 2")
    changed.keep_known(desk.writer.store)
    before = found(desk)
    for value in (b"", b"\xc1", 7, "text", b"\x93\x01\x02\x03", b"\xc4\x00"):
        desk.query("UPDATE meta SET value = ? WHERE key LIKE 'written at %'", value)
        assert found(desk) == before
        assert changed.person_of(desk.writer.store, before[0]).full_name == "Alone 2"
    desk.query("UPDATE meta SET value = CAST(x'ff' AS TEXT) WHERE key LIKE 'written at %'")
    assert found(desk) == before
    assert changed.person_of(desk.writer.store, before[0]).full_name == "Alone 2"


def test_names_in_tables_that_are_none_any_more_keep_the_rest(desk):
    change(desk, b"Alone 2", b"@@one 2")
    (before,) = found(desk)
    desk.query("UPDATE patients SET full_name = x'00', father_name = x'01' WHERE mrn = '710002'")
    changed.keep_known(desk.writer.store)
    desk.writer.rebuild()
    assert found(desk) == [before]
    assert changed.person_of(desk.writer.store, before)[:2] == (None, None)


@pytest.mark.parametrize("is_there", [True, False])
def test_what_no_table_has_by_its_place_is_still_the_only_one_when_they_were_made_again(
    desk, is_there
):
    """Or any record of that run might be the one, and nobody in it could be brought in."""
    if is_there:
        change(desk, b"Sadia", b"@adia")
    else:
        desk.query("DELETE FROM facts WHERE instr(data, ?)", b"Sadia")
    before = found(desk)
    changed.keep_known(desk.writer.store)
    desk.writer.rebuild()
    assert len(before) == 1
    assert found(desk) == before
    assert changed.known_to_tables(desk.writer.store) == before


def test_of_the_coordinator_nothing_is_kept_that_no_table_knows(desk):
    """It may be thousands of records, and nobody can bring in those beside them."""
    desk.query("UPDATE facts SET data = zeroblob(length(data)) WHERE instr(data, 'serials')")
    assert changed.known_to_tables(desk.writer.store)
    changed.keep_known(desk.writer.store)
    assert desk.query("SELECT key FROM meta WHERE key LIKE 'written at %'") == []


def test_tables_that_prove_nothing_know_nothing(desk):
    change(desk, b"Alone 2", b"@@one 2")
    desk.writer.rebuild()
    assert changed.known_to_tables(desk.writer.store) == []


def test_a_branch_of_what_has_changed_has_not(desk):
    copy = desk.clone("copy", same_client=True)
    desk.register_offline(full_name="Here 1")
    copy.register_offline(full_name="There 1")
    copy.writer.sign_tails()
    pull(desk, copy)
    change(desk, b"Alone 2", b"@lone 2")
    assert [one.mrn for one in found(desk)] == ["710002"]
    change(desk, b"There 1", b"@here 1")
    assert len(found(desk)) == 2
    desk.query("DELETE FROM facts WHERE instr(data, ?)", b"Alone 1")
    assert "710001" in {one.mrn for one in found(desk)}


def test_a_long_look_can_be_ended(desk):
    def stop():
        raise KeyboardInterrupt

    change(desk, b"Alone 2", b"@lone 2")
    with pytest.raises(KeyboardInterrupt):
        changed.mended(desk.writer.store, found(desk), stop)
