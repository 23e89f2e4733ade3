"""What is on a dead desk's disk: copied aside, signed with its key, given out in pieces."""

import contextlib
import os
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from coordinator.registry import terminals
from sync.errors import NotItsFile, StoreFromFuture, StoreLinked, StoreLocked
from sync.model import runs
from sync.model.facts import State
from sync.protocol import limits, messages
from sync.protocol.questions import Admittance, Merge
from sync.storage.lock import FolderLock
from sync.storage.schema import VERSION
from sync.storage.shards import unsigned_runs
from sync.storage.store import Store
from sync.upkeep import salvage
from sync.upkeep.archive import quiet
from sync.upkeep.errors import SalvageFails
from sync.upkeep.records import changed
from tests.clinic import pull
from tests.damage import PAGE_BYTES, change_record, change_row, damage_page, pages_of


@pytest.fixture
def disk(lab, tmp_path):
    """The disk of the lab, pulled out while three people were on it alone."""
    for number in range(3):
        lab.register_offline(full_name=f"Alone {number}")
    assert unsigned_runs(lab.writer.store.connection, lab.author)
    return taken_out(lab, tmp_path / "disk")


def taken_out(desk, folder):
    folder.mkdir()
    desk.signer.save(folder / "signing-key.pem")
    for suffix in ("", "-wal"):
        if Path(f"{desk.path}{suffix}").exists():
            shutil.copy(f"{desk.path}{suffix}", folder / f"register.db{suffix}")
    return folder


def bring(disk, coordinator, scratch, code="LAB1-PC"):
    """Salvage it into the coordinator, and return how many facts were new."""
    scratch.mkdir()
    facts = 0
    with salvage.opened(disk, code, scratch, quiet) as found:
        for piece in found.pieces():
            frame = messages.encode(messages.Push(0, piece.batches))
            assert len(frame) <= limits.FRAME_BYTES_MAX
            merged = coordinator.exchange.merge(Merge(messages.decode(frame).batches))
            assert {outcome.entry for outcome in merged.outcomes} == {Admittance.ACCEPTED}
            facts += merged.facts
        assert found.unreadable == []
    return facts


@pytest.mark.parametrize("state", list(State))
def test_what_a_dead_desk_wrote_alone_is_brought_in(clinic, disk, tmp_path, state):
    clinic.act(lambda tx: terminals.change_terminal(tx, "LAB1-PC", state=state))
    assert bring(disk, clinic.coordinator, tmp_path / "scratch") == 3
    standing = ("rejected", "revoked") if state is State.REVOKED else ("admitted", None)
    assert clinic.coordinator.status() == dict.fromkeys(("710000", "710001", "710002"), standing)


def test_the_disk_is_not_changed_and_may_be_read_only(clinic, disk, tmp_path):
    before = {path.name: path.read_bytes() for path in disk.iterdir()}
    for path in (*disk.iterdir(), disk):
        path.chmod(path.stat().st_mode & ~0o222)
    bring(disk, clinic.coordinator, tmp_path / "scratch")
    assert {path.name: path.read_bytes() for path in disk.iterdir()} == before
    disk.chmod(0o700)


def test_once_more_brings_nothing_new(clinic, disk, tmp_path):
    assert bring(disk, clinic.coordinator, tmp_path / "one") == 3
    assert bring(disk, clinic.coordinator, tmp_path / "two") == 0


def test_people_of_other_desks_and_lost_facts_of_the_coordinator_come_too(
    clinic, lab, ward, tmp_path
):
    backup = clinic.coordinator.back_up()
    clinic.grant_range("WARD-PC", "800-899")
    ward.register_offline()
    pull(ward, clinic.coordinator)
    pull(lab, ward)
    clinic.coordinator.restore(backup)
    bring(taken_out(lab, tmp_path / "disk"), clinic.coordinator, tmp_path / "scratch")
    assert clinic.coordinator.mrns() == ["720000"]
    assert clinic.coordinator.writer.registry.blocks_at(800)
    recovery = clinic.coordinator.arbiter.recovery
    assert clinic.act(recovery.is_on), "it met its own past"


def test_much_comes_in_bounded_pieces(clinic, lab, tmp_path):
    for number in range(200):
        lab.clinic.now_ms += 1000
        lab.register_offline(address=f"{number} " + "x" * 2400)
    assert bring(taken_out(lab, tmp_path / "disk"), clinic.coordinator, tmp_path / "s") == 200
    assert len(clinic.coordinator.mrns()) == 200


@pytest.mark.parametrize("lost", ["register.db", "signing-key.pem"])
def test_half_a_folder_is_named(disk, tmp_path, lost):
    (disk / lost).unlink()
    with pytest.raises(SalvageFails, match=f"{lost} is not in it"):
        bring(disk, None, tmp_path / "s")


def test_the_disk_of_another_desk_is_named(disk, tmp_path):
    with pytest.raises(SalvageFails, match="it is that of LAB1-PC, not of WARD-PC"):
        bring(disk, None, tmp_path / "s", "WARD-PC")


def test_the_folder_of_the_coordinator_is_named(clinic, tmp_path):
    disk = taken_out(clinic.coordinator, tmp_path / "disk")
    with pytest.raises(SalvageFails, match="that of a coordinator"):
        bring(disk, None, tmp_path / "s")


def test_a_log_that_was_left_behind_is_reported(disk, tmp_path):
    store = Store.open(disk / "register.db")
    store.meta.commits += 1
    content = (disk / "register.db").read_bytes()
    store.close()
    (tmp_path / "s").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "s", quiet) as found:
        assert found.objection is None, "it was ended in order"
    (disk / "register.db").write_bytes(content)
    (tmp_path / "t").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "t", quiet) as found:
        assert "register.db-wal, which holds what was written last" in found.objection


def changed_log(disk, offset):
    """One bit of it is another one."""
    wal = disk / "register.db-wal"
    content = bytearray(wal.read_bytes())
    content[offset] ^= 1
    wal.write_bytes(content)


def test_what_lies_behind_a_fault_in_the_log_is_brought_in_and_never_called_all(
    clinic, disk, tmp_path
):
    changed_log(disk, 32 + 4120 * 3 + 24 + 2000)
    before = (disk / "register.db-wal").read_bytes()
    (tmp_path / "t").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "t", quiet) as found:
        assert "a fault of the disk has changed register.db-wal" in found.objection
        assert "read all the same" in found.objection
    assert bring(disk, clinic.coordinator, tmp_path / "scratch") == 3
    assert (disk / "register.db-wal").read_bytes() == before


@pytest.mark.parametrize("place", [2, 3, 5, 9])
def test_a_page_that_is_written_over_another_one_hides_nothing_that_can_be_read(
    disk, tmp_path, place
):
    """The number of the page may be what is wrong with a frame."""
    whole = (disk / "register.db-wal").read_bytes()
    heads = [whole[at : at + 24] for at in range(32, len(whole), 4120)]
    ends = [at for at, head in enumerate(heads) if int.from_bytes(head[4:8])]
    for frame in range(0, ends[-2], 3):
        (disk / "register.db-wal").write_bytes(whole)
        changed_log(disk, 32 + 4120 * frame + place)
        scratch = tmp_path / f"{frame}"
        scratch.mkdir()
        with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
            assert found.objection is not None, f"frame {frame}"
            for _ in found.pieces():
                pass


@pytest.mark.parametrize("end", ["", "-wal"])
def test_a_link_is_reported(disk, tmp_path, end):
    """What belongs to the database lies beside the file that it leads to."""
    linked = disk / f"register.db{end}"
    moved = linked.rename(tmp_path / linked.name)
    try:
        linked.symlink_to(moved)
    except OSError:
        pytest.skip("this user may not make symbolic links")
    with pytest.raises(StoreLinked, match=f"register.db{end} is a link to"):
        bring(disk, None, tmp_path / "s")


def test_a_damaged_database_is_reported(disk, tmp_path):
    (disk / "register.db").write_bytes(b"no database" * 1000)
    (disk / "register.db-wal").unlink()
    with pytest.raises(SalvageFails, match="is damaged"):
        bring(disk, None, tmp_path / "s")


def test_tables_whose_names_cannot_be_read_are_reported(disk, tmp_path):
    """SQLite names the table, and Python cannot read that."""
    with contextlib.closing(sqlite3.connect(disk / "register.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (disk / "register.db").read_bytes()
    (disk / "register.db").write_bytes(content.replace(b"TABLE runs (", b"TABLE\xffruns ("))
    with pytest.raises(SalvageFails, match="damaged"):
        bring(disk, None, tmp_path / "s")


def test_a_value_that_cannot_be_read_is_reported(disk, tmp_path):
    change_row(disk, "UPDATE meta SET value = x'c1' WHERE key = 'kept_time'")
    with pytest.raises(SalvageFails, match="the value kept_time in it cannot be read"):
        bring(disk, None, tmp_path / "s")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("UPDATE runs SET count = 'zz' WHERE id = (SELECT run FROM patients)", "of another kind"),
        ("UPDATE runs SET signed = 'zz' WHERE id = (SELECT run FROM patients)", "of another kind"),
        # a text in the place of the time, within a value that can be read
        ("UPDATE meta SET value = x'92a178c3' WHERE key = 'kept_time'", "TypeError"),
    ],
)
def test_a_value_of_another_kind_is_reported(disk, tmp_path, damage, why):
    """A fault of the disk leaves what SQLite takes, and nobody has foreseen."""
    change_row(disk, damage)
    with pytest.raises(SalvageFails, match=rf"damaged .*{why}.* backups one by one"):
        bring(disk, None, tmp_path / "scratch")


def pages_are_damaged(disk, older, scratch):
    """Each of some pages of a disk in each way; yields what it was, and the salvage of it."""
    whole = (disk / "register.db").read_bytes()
    for name in DAMAGED:
        for page in pages_of(disk, name):
            for how in ("zero", "empty", "stale"):
                (disk / "register.db").write_bytes(whole)
                if damage_page(disk, page, how, older):
                    (scratch / f"{page}{how}").mkdir(parents=True)
                    with salvage.opened(disk, "LAB1-PC", scratch / f"{page}{how}", quiet) as found:
                        yield f"{how} {name}", found


NOT_NEEDED = (
    *("runs_of_shard", "runs_unsigned", "runs_in_document", "sqlite_autoindex_shards_1"),
    *("changes", "grants_mrn", "registry", "patients"),
)
DAMAGED = (*NOT_NEEDED, "runs", "shards", "facts")


def is_complete(found):
    return not (found.lost or found.unreadable or found.stray or found.doubts or found.objection)


def test_no_page_that_is_bad_or_lost_a_write_makes_a_part_of_it_all(lab, tmp_path):
    """One of an index or of a table that is made from the records keeps nobody back."""
    for number in range(12):
        lab.register_offline(full_name=f"Signed {number}", key_hash=bytes([number]) * 32)
    lab.writer.sign_tails()
    older = taken_out(lab, tmp_path / "older")
    pages_of(older, "facts")  # which moves what lies in the write-ahead log
    for number in range(12):
        lab.register_offline(full_name=f"Alone {number}")
    disk = taken_out(lab, tmp_path / "disk")
    pages_of(disk, "facts")
    tried, parts = Counter(), []
    for what, found in pages_are_damaged(
        disk, (older / "register.db").read_bytes(), tmp_path / "scratch"
    ):
        brought = sum(
            batch.length - batch.first
            for piece in found.pieces(["LAB1-PC"])
            for batch in piece.batches
        )
        tried[what.split()[1]] += 1
        if what.split()[1] in NOT_NEEDED:
            assert (what, brought, is_complete(found)) == (what, 24, True)
        elif brought < 24:
            parts.append(what)
            assert (what, is_complete(found)) == (what, False)
        elif what == "empty runs":
            assert found.stray, "what others wrote cannot be assigned"
    assert set(tried) == set(DAMAGED)
    assert {what.split()[1] for what in parts} == {"facts"}


def test_a_text_of_a_table_that_is_none_keeps_nobody_back(clinic, disk, tmp_path):
    change_row(
        disk,
        "UPDATE patients SET status = CAST(x'ff41' AS TEXT) WHERE full_name = 'Alone 1'",
    )
    assert bring(disk, clinic.coordinator, tmp_path / "scratch") == 3


def test_a_bad_page_of_records_costs_no_more_than_what_lies_in_it(clinic, lab, tmp_path):
    for number in range(60):
        lab.register_offline(full_name=f"Alone {number}", address="x" * 500)
    disk = taken_out(lab, tmp_path / "disk")
    _, *others = pages_of(disk, "facts")
    assert len(others) > 8
    for page in (others[2], others[3], others[6]):
        damage_page(disk, page, "zero")
    (tmp_path / "s").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "s", quiet) as found:
        assert merged(found, clinic.coordinator)[1] == []
        lost = [one.full_name for one in found.lost if one.author == "LAB1-PC"]
        assert not is_complete(found)
    assert 0 < len(lost) <= 3 * PAGE_BYTES // 500
    assert Counter([*names_at(clinic.coordinator), *lost]) == Counter(names_at(lab))


@pytest.mark.parametrize("key", ["author", "replica", "incarnation"])
def test_a_database_that_does_not_say_whose_it_is_is_salvaged_with_its_key(
    clinic, disk, tmp_path, key
):
    change_row(disk, f"UPDATE meta SET key = '{key[:-1]}s' WHERE key = '{key}'")
    assert bring(disk, clinic.coordinator, tmp_path / "scratch") == 3


def test_a_copy_that_does_not_fit_here_is_not_a_damaged_disk(disk, tmp_path, monkeypatch):
    def full(_path):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(salvage.schema, "open_for_writing", full)
    with pytest.raises(SalvageFails, match="the copy of it that was made here") as raised:
        bring(disk, None, tmp_path / "s")
    assert "damaged" not in str(raised.value)


def test_a_database_of_another_program_is_refused_by_the_name_of_its_folder(disk, tmp_path):
    for file in disk.glob("register.db*"):
        file.unlink()
    with sqlite3.connect(disk / "register.db") as connection:
        connection.execute("CREATE TABLE things (thing)")
    connection.close()
    with pytest.raises(NotItsFile, match="that of another program") as raised:
        bring(disk, None, tmp_path / "s")
    assert raised.value.facts["path"] == disk


def test_newer_software_is_asked_for(disk, tmp_path):
    store = Store.open(disk / "register.db")
    store.connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    store.close()
    with pytest.raises(StoreFromFuture, match="disk has schema"):
        bring(disk, None, tmp_path / "s")


def test_a_folder_in_use_is_refused(disk, tmp_path):
    lock = FolderLock(disk)
    with pytest.raises(StoreLocked):
        bring(disk, None, tmp_path / "s")
    lock.release()
    assert os.listdir(tmp_path / "s" / "copy") == []


# what a fault of the disk has changed


@pytest.fixture
def scratch(tmp_path):
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def names_at(desk):
    return [name for (name,) in desk.query("SELECT full_name FROM patients ORDER BY claimed")]


def merged(found, coordinator):
    """Everything of a disk, merged; returns how many facts were new, and why what was refused."""
    facts, refused = 0, []
    for piece in found.pieces():
        answer = coordinator.exchange.merge(Merge(piece.batches))
        facts += answer.facts
        refused += [one.reason for one in answer.outcomes if one.entry is not Admittance.ACCEPTED]
    return facts, refused


@pytest.mark.parametrize("person", ["Alone 0", "Alone 1", "Alone 2"])
def test_a_byte_that_has_changed_is_put_right_and_keeps_nobody_back(clinic, disk, scratch, person):
    change_record(disk, person.encode(), person.replace("A", "@").encode())
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert merged(found, clinic.coordinator) == (3, [])
        assert (found.mended, found.lost, found.unreadable) == (1, [], [])
    assert names_at(clinic.coordinator) == ["Alone 0", "Alone 1", "Alone 2"]


def test_what_cannot_be_put_right_is_left_out_and_named(clinic, disk, scratch, tmp_path):
    change_record(disk, b"Alone 1", b"@lone #")
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert merged(found, clinic.coordinator) == (2, [])
        (lost,) = found.lost
    assert (lost.mrn, lost.full_name, lost.registers) == ("710001", "Alone 1", True)
    assert names_at(clinic.coordinator) == ["Alone 0", "Alone 2"]
    assert clinic.coordinator.status() == dict.fromkeys(("710000", "710002"), ("admitted", None))
    (tmp_path / "again").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "again", quiet) as found:
        assert merged(found, clinic.coordinator) == (0, [])


def test_a_whole_disk_that_comes_later_brings_the_rest_and_nobody_twice(
    clinic, lab, disk, scratch, tmp_path
):
    change_record(disk, b"Alone 1", b"@lone #")
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        merged(found, clinic.coordinator)
    whole = taken_out(lab, tmp_path / "whole")
    bring(whole, clinic.coordinator, tmp_path / "later")
    assert names_at(clinic.coordinator) == ["Alone 0", "Alone 1", "Alone 2"]
    assert clinic.coordinator.conflicts() == []
    pull(lab, clinic.coordinator)
    clinic.heal()
    assert names_at(lab) == ["Alone 0", "Alone 1", "Alone 2"]


def test_a_correction_that_has_changed_is_named_with_its_person(clinic, lab, scratch, tmp_path):
    first = lab.register_offline(full_name="Alone 0")
    lab.amend(lab.fact_of(first), address="Street 17")
    lab.register_offline(full_name="Alone 1")
    disk = taken_out(lab, tmp_path / "disk")
    change_record(disk, b"Street 17", b"@@reet 17")
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert merged(found, clinic.coordinator) == (2, [])
        (lost,) = found.lost
    assert (lost.mrn, lost.full_name, lost.registers) == ("710000", "Alone 0", False)


def test_a_record_that_is_missing_keeps_nobody_back(clinic, disk, scratch):
    with contextlib.closing(sqlite3.connect(disk / "register.db")) as connection:
        connection.execute("DELETE FROM facts WHERE instr(data, ?)", (b"Alone 1",))
        connection.commit()
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert merged(found, clinic.coordinator) == (2, [])
        (lost,) = found.lost
    assert (lost.mrn, lost.full_name) == ("710001", "Alone 1")


def test_what_others_wrote_and_nobody_can_sign_is_said(clinic, lab, ward, scratch, tmp_path):
    clinic.grant_range("WARD-PC", "800-899")
    ward.register_offline(full_name="Elsewhere 1")
    pull(ward, clinic.coordinator)
    pull(lab, ward)
    disk = taken_out(lab, tmp_path / "disk")
    change_record(disk, b"Elsewhere 1", b"@lsewhere #")
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert merged(found, clinic.coordinator)[1] == []
        (lost,), (part,) = found.lost, found.unreadable
    assert (lost.author, lost.full_name, part.author) == ("WARD-PC", "Elsewhere 1", "WARD-PC")


def test_what_an_earlier_computer_signed_is_not_signed_with_the_key_of_now(
    clinic, lab, scratch, tmp_path
):
    """Or what a key signed that was withdrawn would come in under a good one."""
    lab.register_offline()
    lab.writer.sign_tails()
    pull(clinic.coordinator, lab)
    now = clinic.new_desk("LAB1-PC-now", lab.author, clinic.new_signer())
    key, incarnation = now.writer.public_key, now.writer.identity.incarnation
    clinic.act(lambda tx: terminals.change_terminal(tx, "LAB1-PC", state=State.REPLACED))
    clinic.act(lambda tx: terminals.join_node(tx, "LAB1-PC", key, incarnation))
    pull(now, clinic.coordinator)
    disk = taken_out(now, tmp_path / "disk")
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        signed_with = [one.key for piece in found.pieces([lab.author]) for one in piece.batches]
    assert signed_with == [runs.key_id(lab.writer.public_key)]


def asked(found, coordinator):
    """How many parts it takes of what stands behind records that have changed; they are noted."""
    taken = 0
    for part in found.good_parts():
        (outcome,) = coordinator.exchange.merge(Merge((part.batch,))).outcomes
        if outcome.entry is Admittance.ACCEPTED:
            found.leave_out(part.run)
            taken += 1
    return taken


def test_what_has_changed_and_is_held_elsewhere_is_not_lost(clinic, lab, ward, scratch, tmp_path):
    """A disk holds what all desks wrote, and nearly all of that is held by the coordinator."""
    clinic.grant_range("WARD-PC", "800-899")
    ward.register_offline(full_name="Elsewhere 1")
    ward.register_offline(full_name="Elsewhere 2")
    first = lab.register_offline(full_name="Here 1")
    lab.amend(lab.fact_of(first), address="Street 17")
    lab.register_offline(full_name="Here 2")
    lab.writer.sign_tails()
    for desk in (ward, lab):
        pull(clinic.coordinator, desk)
    pull(lab, clinic.coordinator)
    disk = taken_out(lab, tmp_path / "disk")
    change_record(disk, b"Elsewhere 1", b"@lsewhere #")
    change_record(disk, b"Street 17", b"@@reet 17")
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert len(found.lost) == 2
        assert asked(found, clinic.coordinator) == 2
        assert merged(found, clinic.coordinator) == (0, [])
        assert (found.lost, found.unreadable) == ([], [])


def test_good_ends_bring_what_is_new_and_say_nothing_of_what_is_not_held(
    clinic, lab, scratch, tmp_path
):
    lab.register_offline(full_name="Sent 1")
    lab.writer.sign_tails()
    pull(clinic.coordinator, lab)
    lab.register_offline(full_name="Alone 2")
    lab.register_offline(full_name="Alone 3")
    whole = taken_out(lab, tmp_path / "whole")
    sent_changed = shutil.copytree(whole, tmp_path / "sent")
    change_record(sent_changed, b"Sent 1", b"@ent #")
    change_record(whole, b"Alone 2", b"@lone #")
    with salvage.opened(whole, "LAB1-PC", scratch, quiet) as found:
        assert asked(found, clinic.coordinator) == 0
        assert [one.full_name for one in found.lost] == ["Alone 2"]
    (tmp_path / "second").mkdir()
    with salvage.opened(sent_changed, "LAB1-PC", tmp_path / "second", quiet) as found:
        assert asked(found, clinic.coordinator) == 1
        assert found.lost == []
    assert names_at(clinic.coordinator) == ["Sent 1", "Alone 2", "Alone 3"]


@pytest.mark.parametrize(
    ("damage", "are_asked"),
    [("signature = zeroblob(64)", 0), ("key = zeroblob(8)", 0), ("link = zeroblob(32)", 1)],
)
def test_what_is_said_of_good_records_keeps_nobody_back(
    clinic, lab, scratch, tmp_path, damage, are_asked
):
    """The records of a run are what they were; a fault of the disk has changed its row alone."""
    lab.register_offline(full_name="Alone 0")
    lab.register_offline(full_name="Alone 1")
    lab.writer.sign_tails()
    disk = taken_out(lab, tmp_path / "disk")
    change_row(disk, f"UPDATE runs SET {damage} WHERE id = (SELECT run FROM patients)")
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert asked(found, clinic.coordinator) == are_asked
        assert merged(found, clinic.coordinator)[1] == []
        assert (found.lost, found.unreadable) == ([], [])
    assert names_at(clinic.coordinator) == ["Alone 0", "Alone 1"]


def test_a_branch_of_what_has_changed_comes_in(clinic, lab, scratch, tmp_path):
    lab.register_offline(full_name="Alone 0")
    copy = lab.clone("copy", same_client=True)
    lab.register_offline(full_name="Alone 1")
    copy.register_offline(full_name="Alone 2")
    copy.writer.sign_tails()
    pull(lab, copy)
    disk = taken_out(lab, tmp_path / "disk")
    change_record(disk, b"Alone 0", b"@lone #")
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert merged(found, clinic.coordinator)[1] == []
        assert [one.full_name for one in found.lost] == ["Alone 0"]
    assert set(names_at(clinic.coordinator)) == {"Alone 1", "Alone 2"}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE facts SET data = zeroblob(length(data)) WHERE instr(data, ?)",
        "DELETE FROM facts WHERE instr(data, ?)",
        "UPDATE facts SET data = 5 WHERE instr(data, ?)",
        "UPDATE facts SET data = CAST(x'ff41' AS TEXT) WHERE instr(data, ?)",
    ],
)
def test_a_record_that_cannot_be_read_keeps_nobody_back_on_a_disk_of_an_earlier_version(
    clinic, disk, scratch, damage
):
    """All tables are made again from the records, as at the first start of a newer version."""
    with contextlib.closing(sqlite3.connect(disk / "register.db")) as connection:
        connection.execute(damage, (b"Alone 1",))
        connection.execute("UPDATE meta SET value = 1 WHERE key = 'projection'")
        connection.commit()
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert merged(found, clinic.coordinator) == (2, [])
        assert [one.full_name for one in found.lost] == ["Alone 1"]
    assert names_at(clinic.coordinator) == ["Alone 0", "Alone 2"]


@pytest.mark.parametrize("is_there", [True, False])
def test_whoever_is_lost_is_named_the_same_after_a_newer_version_has_made_its_tables(
    clinic, lab, scratch, tmp_path, is_there
):
    """Made of what had changed, they have a garbled name; of what is missing, they know nobody."""
    lab.register_offline(full_name="Alone 0", father_name="Gul Khan")
    lab.register_offline(full_name="Alone 1")
    if is_there:
        lab.query(
            "UPDATE facts SET data = CAST(replace(data, ?, ?) AS BLOB) WHERE instr(data, ?)",
            *(b"Alone 0", b"@@one 0", b"Alone 0"),
        )
    else:
        lab.query("DELETE FROM facts WHERE instr(data, ?)", b"Alone 0")
    before = taken_out(lab, tmp_path / "before")
    changed.keep_known(lab.writer.store)
    lab.writer.rebuild()
    after = taken_out(lab, tmp_path / "after")
    with salvage.opened(before, "LAB1-PC", scratch, quiet) as found:
        (lost,) = found.lost
    (tmp_path / "second").mkdir()
    with salvage.opened(after, "LAB1-PC", tmp_path / "second", quiet) as found:
        assert found.lost == [lost]
        assert merged(found, clinic.coordinator) == (1, [])
    assert (lost.mrn, lost.full_name, lost.father_name) == ("710000", "Alone 0", "Gul Khan")


def test_nothing_is_signed_that_nothing_proves(clinic, lab, scratch, tmp_path):
    lab.register_offline(full_name="Alone 0")
    lab.register_offline(full_name="Alone 1")
    lab.query(
        "UPDATE facts SET data = CAST(replace(data, ?, ?) AS BLOB) WHERE instr(data, ?)",
        *(b"Alone 1", b"@lone 1", b"Alone 1"),
    )
    lab.writer.rebuild()
    disk = taken_out(lab, tmp_path / "disk")
    with salvage.opened(disk, "LAB1-PC", scratch, quiet) as found:
        assert merged(found, clinic.coordinator) == (0, [])
        assert [one.full_name for one in found.lost] == ["Alone 0", "@lone 1"]
