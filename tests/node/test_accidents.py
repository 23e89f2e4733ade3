"""Accidents of a desk one after the other: no number is given twice where that can be known."""

import contextlib
import random
from functools import partial
from typing import NamedTuple

import pytest

from coordinator.judging.cases import Order, Seen
from coordinator.judging.resolving import resolve
from coordinator.registry import pool, ranges, terminals
from node import superseded
from sync.engine import issuing
from sync.engine.issuing import Issued
from sync.engine.records import sheets
from sync.engine.transaction import Transaction
from sync.errors import NumberError
from sync.model import reasons
from sync.model.clerks.known import Doer, KnownBy
from sync.model.facts import Action, Allocator, FactId, Incarnation
from sync.model.numbers import Mrn, NumberRange
from sync.witness.memory import Intents, Witness
from tests.clinic import Clinic, pull
from tests.node.starting import start

FIRST = 710000
SPARE = 720000
DAY_MS = 86_400_000
DOER = Doer("Bushra", KnownBy.TYPED)


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "witness"


@pytest.fixture
def lab(clinic, path):
    """A desk with a range that it has begun, and a spare one."""
    lab = clinic.desk("LAB1-PC", "710000-710009")
    clinic.grant_range("LAB1-PC", "720000-720009")
    pull(lab, clinic.coordinator)
    Witness.create(path, "machine", 0)
    start(lab, path)
    give(lab, 2)
    return lab


def give(lab, count):
    """The numbers that people are shown."""
    return [int(lab.register_offline().issued.mrn) for _ in range(count)]


def give_all(lab):
    """All numbers that it still gives."""
    given = []
    try:
        while True:
            given += give(lab, 1)
    except NumberError:
        return given


def supply(lab, number):
    """A program brings a number along."""
    mrn = Mrn(str(number))
    lab.register(lab.draft(), lambda tx: issuing.supplied(tx, lab.author, mrn, lab.witness))


def supply_next(lab):
    supply(lab, lab.writer.store.cursors.all()[0].cursor + 1)


def print_sheet(lab, count):
    when = "2026-01-05T12:00:00+05:00"
    lab.write(lambda tx: sheets.take(tx, lab.author, lab.witness, when, DOER, True, count))


class Disk:
    """Database and witness as they are on disk at one moment."""

    def __init__(self, lab, path, *, stopped=True):
        if stopped:
            lab.witness.settle()
        self.database = lab.back_up()
        self.witness = path.read_bytes()


def lay(lab, path, database, witness=None, *, stopped=True):
    """Put back a database, and a witness too if one is named; then the daemon starts.

    Args:
        stopped: it was stopped in an orderly way before.
    """
    if stopped:
        lab.witness.settle()
    if witness is not None:
        path.write_bytes(witness.witness)
    lab.restore(database.database)
    start(lab, path)


def said(lab):
    """Why it may lack what it has told, as the alarm says it."""
    return lab.writer.store.meta.set_back or ""


# a witness and a database that are of different pasts or times


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("since", [1, 2, 3, 4, 12])
def test_a_disk_and_then_a_folder_put_back_give_no_number_again(lab, path, since, stopped):
    """The witness is behind the folder of another past, level with it, or ahead of it.

    Where the daemon was not stopped, its last number is only intended, for all the witness knows.
    """
    image = Disk(lab, path)
    give(lab, 3)
    folder = Disk(lab, path)
    given = give(lab, 9)  # the last of them are of the spare range
    lay(lab, path, image, image)
    give(lab, since)  # nobody can notice that, before the desk meets others
    lay(lab, path, folder, stopped=stopped)
    assert not set(give_all(lab)) & set(given)
    assert "According to the witness" in said(lab)
    cursors = lab.writer.store.cursors.all()
    assert {cursor.closed for cursor in cursors} == {reasons.COPY_OF_DATABASE}


def print_two(lab):
    print_sheet(lab, 2)


def supply_below(lab):
    supply(lab, FIRST + 2)


@pytest.mark.parametrize("go_on", [print_two, supply_below])
def test_sheets_and_numbers_of_programs_lead_to_another_past_too(lab, path, go_on):
    supply(lab, FIRST + 4)
    image = Disk(lab, path)
    supply(lab, FIRST + 3)
    folder = Disk(lab, path)
    given = give(lab, 3)
    lay(lab, path, image, image)
    go_on(lab)
    lay(lab, path, folder)
    assert not set(give_all(lab)) & set(given)


def test_a_range_that_the_database_learns_of_later_is_not_used_again(clinic, lab, path):
    """It was granted in the past of which nothing is left here."""
    image = Disk(lab, path)
    give(lab, 1)
    folder = Disk(lab, path)
    clinic.grant_range("LAB1-PC", "730000-730009")
    pull(lab, clinic.coordinator)
    given = give_all(lab)
    lay(lab, path, image, image)
    give(lab, 1)
    lay(lab, path, folder)
    pull(lab, clinic.coordinator)
    assert not set(give_all(lab)) & set(given)


def test_an_older_folder_of_the_same_past_is_closed_as_a_restored_one_is(clinic, lab, path):
    folder = Disk(lab, path)
    given = give(lab, 3)
    incarnation = lab.writer.identity.incarnation
    lay(lab, path, folder)
    assert give_all(lab) == []
    assert f"up to {given[-1]} were issued" in said(lab)
    assert lab.writer.identity.incarnation != incarnation, "others hear that it begins anew"


def test_a_number_under_way_here_that_a_copy_of_the_desk_gave_is_no_other_past(lab, path):
    """What the copy wrote has closed the ranges already; no word of a database put back is true."""
    copy = lab.clone("copy", same_client=True)
    intents = Intents()
    intents.issue("710000-710009", FIRST + 2, FIRST + 1, is_own=True)
    intents.carry(FactId(b"never committed!"), FIRST + 2)
    lab.witness.intend(intents, intents.carried)
    lab.reopen()  # it has lost its power
    start(lab, path)
    assert int(copy.register_offline().issued.mrn) == FIRST + 2
    pull(lab, copy)
    lab.reopen()
    start(lab, path)
    assert said(lab) == ""
    cursors = lab.writer.store.cursors.all()
    assert {cursor.closed for cursor in cursors} == {reasons.COPY_OF_MACHINE}


def test_it_is_noticed_once_and_new_ranges_are_good(clinic, lab, path):
    image = Disk(lab, path)
    give(lab, 3)
    folder = Disk(lab, path)
    lay(lab, path, image, image)
    give(lab, 3)
    lay(lab, path, folder)
    incarnation = lab.writer.identity.incarnation
    for _ in range(2):
        lab.reopen()
        start(lab, path)
        assert lab.writer.identity.incarnation == incarnation
    key = lab.writer.public_key
    clinic.act(lambda tx: terminals.join_node(tx, "LAB1-PC", key, incarnation))
    clinic.grant_range("LAB1-PC", "740000-740009")
    pull(lab, clinic.coordinator)
    assert give(lab, 2) == [740000, 740001]
    lab.witness.settle()
    lab.reopen()
    start(lab, path)
    assert give(lab, 1) == [740002]


@pytest.mark.parametrize("met", [False, True])
def test_the_newest_folder_put_back_goes_on_with_its_ranges(clinic, lab, path, met):
    """Somebody started a wrong copy, which perhaps met the coordinator, and noticed it."""
    older = Disk(lab, path)
    given = give(lab, 3)
    newest = Disk(lab, path)
    lay(lab, path, older)
    if met:
        key, incarnation = lab.writer.public_key, lab.writer.identity.incarnation
        clinic.act(lambda tx: terminals.join_node(tx, "LAB1-PC", key, incarnation))
    lay(lab, path, newest)
    pull(lab, clinic.coordinator)
    assert give(lab, 1) == [given[-1] + 1]
    assert said(lab) == ""


# a copy that was at work meanwhile has another incarnation, and the coordinator knows of it


def meet(clinic, desk):
    """All that happens while a desk is connected, until nothing changes any more."""
    met = None
    while met != (met := (clinic.coordinator.roots, desk.roots)):
        pull(clinic.coordinator, desk)
        pull(desk, clinic.coordinator)
        clinic.act(partial(take_up, desk.author, desk.writer.identity.incarnation))
        desk.write(lambda tx: superseded.begin_anew(tx, prospects(tx, desk)))


def take_up(author, incarnation, tx):
    """As `coordinator.arrivals.take_up` and `coordinator.range_watch` do."""
    terminals.adopt_incarnation(tx, author, incarnation)
    ranges.review(tx, {(author, incarnation)})


def prospects(tx, desk):
    return issuing.prospects(tx, desk.author, Allocator.NODE, desk.witness)


@pytest.fixture
def pool_on(clinic):
    clinic.act(lambda tx: pool.change(tx, NumberRange.parse("800000-899999"), 10, None))


@pytest.mark.usefixtures("pool_on")
def test_the_newest_folder_put_back_gets_its_next_range_in_time(clinic, lab, path):
    older = Disk(lab, path)
    give(lab, 3)
    newest = Disk(lab, path)
    lay(lab, path, older)
    meet(clinic, lab)
    (block,) = clinic.coordinator.writer.registry.blocks_of("LAB1-PC")[2:]
    lay(lab, path, newest)
    meet(clinic, lab)
    assert give(lab, 10) == [*range(FIRST + 5, FIRST + 10), *range(SPARE, SPARE + 5)]
    meet(clinic, lab)
    assert give(lab, 3) == [SPARE + 5, SPARE + 6, SPARE + 7], "half of it was left"
    meet(clinic, lab)
    assert (block.range.text, give(lab, 1)) == ("800000-800009", [800010])
    assert said(lab) == ""
    assert lab.writer.store.meta.own_pasts_met == 1
    incarnation = lab.writer.identity.incarnation
    meet(clinic, lab)
    assert lab.writer.identity.incarnation == incarnation


def test_a_desk_whose_ranges_are_used_up_takes_another_incarnation_only_for_a_copy(
    clinic, lab, path
):
    give_all(lab)
    before = lab.writer.identity.incarnation
    meet(clinic, lab)
    assert lab.writer.identity.incarnation == before


def test_two_copies_that_have_numbers_do_not_take_the_terminal_from_each_other(clinic, lab, path):
    copy = lab.clone("copy")
    copy.write(lambda tx: tx.begin_incarnation(Incarnation(b"the copy")))
    clinic.grant_range("LAB1-PC", "730000-730009")
    for desk in (copy, lab, copy, lab):
        meet(clinic, desk)
    before = clinic.coordinator.roots, lab.writer.identity, copy.writer.identity
    for desk in (copy, lab, copy, lab):
        meet(clinic, desk)
    assert (clinic.coordinator.roots, lab.writer.identity, copy.writer.identity) == before
    copy.close()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.usefixtures("pool_on")
def test_whichever_copy_is_at_work_gets_numbers_and_none_twice(clinic, lab, path, seed):
    """Folders of any moment are put back, and copies on other computers are at work as well."""
    given = [FIRST, FIRST + 1, *give_all(lab)]
    chance, folders = random.Random(seed), [Disk(lab, path)]
    for step in range(10):
        clinic.now_ms += 3 * DAY_MS
        match chance.randrange(4):
            case 0:
                folders.append(Disk(lab, path))
            case 1:
                lay(lab, path, chance.choice(folders))
            case 2:
                other = lab.clone(f"copy-{step}")
                Witness.create(renewed := path.with_name(f"witness-{step}"), "machine", step + 1)
                incarnation = Incarnation(chance.randbytes(8))
                other.write(partial(Transaction.begin_incarnation, incarnation=incarnation))
                other.writer.store.meta.witness = step + 1
                start(other, renewed)
                meet(clinic, other)
                given += give(other, 2)
                other.close()
            case 3:
                with contextlib.suppress(NumberError):
                    given += give(lab, chance.randint(1, 2))
        for _ in range(chance.randrange(5)):
            meet(clinic, lab)
            given += give(lab, 2)
    assert len(given) == len(set(given))


class Moment(NamedTuple):
    """The files of one moment.

    ``people`` are those in the database, each a number and whoever has it. ``newest`` is the last
    of them for all that the witness says, and ``intended`` the next one, of whom it does not know
    whether it came to that.
    """

    disk: Disk
    people: list[tuple[str, bytes]]
    newest: tuple[str, bytes]
    intended: tuple[str, bytes] | None


def people(lab):
    return lab.query("SELECT mrn, fact FROM patients ORDER BY id")


class History:
    """What happens to a desk by chance, with files of any two moments together at times."""

    def __init__(self, lab, path, seed):
        self.lab, self.path, self.chance = lab, path, random.Random(seed)
        lab.witness.settle()
        known = people(lab)
        self.kept = [Moment(Disk(lab, path), known, known[-1], None)]

    def give(self):
        """Some more people get numbers, and the daemon ends in an orderly way or not."""
        give(self.lab, self.chance.randint(1, 3))
        known, stopped = people(self.lab), self.chance.randrange(2) > 0
        disk = Disk(self.lab, self.path, stopped=stopped)
        said = known[-1:] if stopped else known[-2:]
        self.kept.append(Moment(disk, known, said[0], None if stopped else said[-1]))

    def accident(self):
        """The files of two moments lie together.

        Returns:
            Whether they are seen to be apart, and whether they are seen to belong together. Where a
            number was intended that is not there, a database that has come further may be either.
        """
        here, there = self.chance.choices(self.kept, k=2)
        lay(self.lab, self.path, here.disk, there.disk, stopped=False)
        if there.newest not in here.people:
            return True, False
        if there.intended is None or there.intended in here.people:
            return False, True
        number, _ = there.intended
        return number in dict(here.people), here.people[-1] == there.newest


@pytest.mark.parametrize(
    "seed", [*range(20), *(pytest.param(one, marks=pytest.mark.soak) for one in range(20, 200))]
)
def test_whatever_lies_together_a_number_that_it_lacks_is_noticed(lab, path, seed):
    """And where nothing is lacking it goes on, though perhaps as at an earlier moment."""
    history = History(lab, path, seed)
    for _ in range(6):
        history.give()
        apart, together = history.accident()
        if apart:
            assert give_all(lab) == []
            assert "According to the witness" in said(lab)
            return
        assert said(lab) == "" or not together
        if said(lab):
            return


# a whole disk put back: nothing on it knows better, and others may


def test_a_disk_put_back_is_noticed_when_it_meets_somebody_who_has_its_numbers(clinic, lab, path):
    image = Disk(lab, path)
    given = give(lab, 3)
    pull(clinic.coordinator, lab)
    lay(lab, path, image, image)
    assert said(lab) == ""
    pull(lab, clinic.coordinator)
    assert not set(give_all(lab)) & set(given)
    assert lab.writer.store.meta.own_pasts_met == 1


def test_what_nobody_could_know_is_a_conflict_when_both_have_come(clinic, lab, path):
    image = Disk(lab, path)
    given = give(lab, 1)
    folder = Disk(lab, path)
    lay(lab, path, image, image)
    assert give(lab, 1) == given
    pull(clinic.coordinator, lab)
    lay(lab, path, folder)
    pull(clinic.coordinator, lab)
    assert [mrn for mrn, _ in clinic.coordinator.conflicts()] == [str(given[0])]


# a database that is honest


@pytest.mark.parametrize("settled", [False, True])
def test_a_power_cut_costs_at_most_the_number_that_was_intended(lab, path, settled):
    if settled:
        lab.witness.settle()
    before = lab.back_up()
    intended = path.with_name("intended")
    given = give(lab, 1)
    intended.write_bytes(path.read_bytes())
    lab.restore(before)  # the commit did not come to pass
    start(lab, path)
    assert path.read_bytes() == intended.read_bytes()
    assert give(lab, 2) == [given[0] + 1, given[0] + 2]
    assert said(lab) == ""


def test_whatever_it_issues_it_goes_on_after_each_start(lab, path):
    for issue in (lambda: give(lab, 1), lambda: print_sheet(lab, 2), lambda: supply_next(lab)):
        for stop in (lab.witness.settle, lambda: None):
            issue()
            stop()
            lab.reopen()
            start(lab, path)
    assert said(lab) == ""


@pytest.mark.parametrize("stopped", [False, True])
def test_whoever_got_the_newest_number_may_have_another_one_since(clinic, lab, path, stopped):
    """An administrator gave the number to somebody else."""
    ward, hub = clinic.desk("WARD-PC"), clinic.coordinator
    mrn = Mrn(str(FIRST + 1))
    other = ward.fact_of(ward.register(ward.draft(), lambda tx: Issued(mrn, True)))
    pull(hub, lab)
    pull(hub, ward)
    order = Order(other, Action.AWARD, "Sadia", "saw both papers", seen=Seen(None))
    clinic.act(lambda tx: resolve(tx, hub.arbiter, order))
    pull(lab, hub)
    assert lab.mrns()[1] != mrn
    if stopped:
        lab.witness.settle()
    lab.reopen()
    start(lab, path)
    assert said(lab) == ""
    assert give(lab, 1) == [FIRST + 2]


# a witness that is older than the database


def test_an_older_witness_of_the_same_past_is_brought_up(clinic, lab, path, caplog):
    older = Disk(lab, path)
    clinic.grant_range("LAB1-PC", "730000-730009")
    pull(lab, clinic.coordinator)
    given = give(lab, 12)
    newest = Disk(lab, path)
    with caplog.at_level("INFO"):
        lay(lab, path, newest, older)
    assert "older than the database" in caplog.text
    assert Witness(path, "machine").mark("720000-720009") == given[-1]
    assert give(lab, 1) == [given[-1] + 1]
    assert said(lab) == ""


def test_an_older_witness_that_knows_no_number_yet_proves_nothing(clinic, lab, path):
    """It may be that of anybody; so a range that was used stays closed."""
    fresh = path.with_name("fresh")
    Witness.create(fresh, "machine", 0)
    newest = Disk(lab, path)
    path.write_bytes(fresh.read_bytes())
    lab.restore(newest.database)
    start(lab, path)
    assert give_all(lab)[:1] == [SPARE]
