"""The pool: which block comes next, which pools can be named, and when there is none."""

import pytest

from coordinator.errors import BadPool, PoolClosed, PoolOff, PoolUsedUp, RangeOverlap
from coordinator.registry import pool, ranges, terminals
from coordinator.registry.pool import Pool
from sync.engine import issuing
from sync.model.facts import Author, State
from sync.model.numbers import NUMBER_MAX, Mrn, NumberRange

FRONT = Author("FRONT")
CLOSED = NumberRange(800, 899)


@pytest.fixture
def front(clinic):
    clinic.act(lambda tx: terminals.add_terminal(tx, FRONT, "Front desk"))
    return FRONT


def name_pool(clinic, numbers, block=10, never_granted=False):
    clinic.act(lambda tx: pool.change(tx, NumberRange.parse(numbers), block, None, never_granted))


def next_block(clinic):
    return clinic.act(pool.next_block).text


def use(clinic, *mrns):
    """Let somebody have each of these numbers."""
    hub = clinic.coordinator
    for mrn in mrns:
        hub.register(hub.draft(), lambda tx, mrn=mrn: issuing.Issued(Mrn(mrn), True))


# the pool


def test_a_coordinator_begins_with_a_pool_that_is_on(clinic):
    assert clinic.act(lambda tx: pool.read(tx.store)) == Pool(
        NumberRange(1_000_000, 9_999_999), 10_000, True, ()
    )
    assert next_block(clinic) == "1000000-1009999"


def test_a_block_is_aligned_and_overlaps_no_range_open_or_closed(clinic, lab, front):
    name_pool(clinic, "795-899")
    assert next_block(clinic) == "800-809"
    clinic.grant_range(front, "805-815")
    assert next_block(clinic) == "820-829"
    clinic.grant_range(lab.author, "829-830")
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=State.RETIRED))
    assert next_block(clinic) == "840-849"


def test_a_block_holds_no_number_in_use(clinic):
    name_pool(clinic, "800-839")
    use(clinic, "803", "819")
    assert next_block(clinic) == "820-829"


def test_the_search_for_a_block_leaps_over_all_that_is_in_use(clinic):
    name_pool(clinic, "800-899")
    use(clinic, "801", "835")
    assert next_block(clinic) == "810-819"
    clinic.grant_range(clinic.desk("WARD-PC").author, "810-829")
    assert next_block(clinic) == "840-849"


def test_what_lies_outside_of_the_pool_is_not_in_its_way(clinic, front):
    clinic.grant_range(front, "700-709")
    use(clinic, "950", "00805", "PAT-20260105-0801")
    name_pool(clinic, "800-899")
    clinic.grant_range(front, "900-909")
    assert next_block(clinic) == "800-809", "805 itself is nobody's; whoever comes to it skips it"


def test_a_pool_comes_to_its_end(clinic, front):
    name_pool(clinic, "800-819")
    for block in ("800-809", "810-819"):
        assert clinic.act(lambda tx: ranges.grant_next(tx, front)).text == block
    with pytest.raises(PoolUsedUp, match="The pool 800-819 has no free block of 10 numbers left"):
        clinic.act(lambda tx: ranges.grant_next(tx, front))


@pytest.mark.parametrize(
    ("numbers", "block"), [("800-809", 9), ("801-810", 10), ("800-899", 1000), ("800-808", 10)]
)
def test_a_pool_without_a_whole_block_is_refused(clinic, numbers, block):
    with pytest.raises(BadPool):
        name_pool(clinic, numbers, block)


def test_a_pool_is_switched_off_and_on(clinic, lab):
    name_pool(clinic, "800-899")
    clinic.act(lambda tx: pool.change(tx, None, None, False))
    clinic.coordinator.reopen()
    assert not clinic.act(lambda tx: pool.read(tx.store)).on
    with pytest.raises(PoolOff):
        clinic.act(pool.require_on)
    assert next_block(clinic) == "800-809", "an administrator may still take one"
    assert clinic.act(lambda tx: pool.change(tx, None, 20, None)).block == 20
    assert next_block(clinic) == "800-819"


def test_the_highest_numbers_that_there_are_make_a_pool(clinic):
    first = NUMBER_MAX - NUMBER_MAX % 10 - 10
    name_pool(clinic, f"{first}-{NUMBER_MAX}")
    assert next_block(clinic) == f"{first}-{first + 9}"


def test_a_change_leaves_what_it_does_not_name(clinic):
    name_pool(clinic, "800-899", 20)
    clinic.act(lambda tx: pool.change(tx, None, None, False))

    def change(*wanted):
        return clinic.act(lambda tx: pool.change(tx, *wanted))

    assert change(None, None, None) == Pool(NumberRange(800, 899), 20, False)
    assert change(None, None, True) == Pool(NumberRange(800, 899), 20, True)
    clinic.act(lambda tx: pool.change(tx, None, None, False))
    renamed = change(NumberRange(900, 999), None, None)
    assert renamed == Pool(NumberRange(900, 999), 20, True), "a new pool is switched on"
    assert change(NumberRange(700, 799), 50, False) == Pool(NumberRange(700, 799), 50, False)
    clinic.coordinator.reopen()
    assert clinic.act(lambda tx: pool.read(tx.store)) == Pool(NumberRange(700, 799), 50, False)


def test_a_change_that_is_refused_changes_nothing(clinic):
    name_pool(clinic, "800-899")
    with pytest.raises(BadPool, match="at least 10 numbers"):
        clinic.act(lambda tx: pool.change(tx, NumberRange(700, 799), 5, False))
    assert clinic.act(lambda tx: pool.read(tx.store)) == Pool(NumberRange(800, 899), 10, True)


# closed pools


@pytest.mark.parametrize("numbers", ["700-799", "900-999"])
def test_beside_a_closed_pool_there_may_be_another(numbers):
    before = Pool(CLOSED, 10, False, (CLOSED,))
    named = pool.named(before, NumberRange.parse(numbers), 10)
    assert (named.closed, named.on, named.is_closed) == ((CLOSED,), True, False)


@pytest.mark.parametrize("numbers", ["800-899", "750-800", "899-950", "820-829", "1-9999"])
def test_no_pool_shares_a_number_with_a_closed_one(numbers):
    with pytest.raises(BadPool, match="800-899, a pool that is closed for good"):
        pool.named(Pool(closed=(CLOSED,)), NumberRange.parse(numbers), 10)


def test_to_close_a_pool_twice_is_to_close_it_once(clinic):
    name_pool(clinic, "800-899")
    for _ in range(2):
        clinic.act(pool.close)
    found = clinic.act(lambda tx: pool.read(tx.store))
    assert (found.closed, found.on, found.is_closed) == ((CLOSED,), False, True)


@pytest.mark.parametrize(
    ("numbers", "is_open"),
    [
        ("799-800", False),
        ("899-900", False),
        ("850-850", False),
        ("1-999", False),
        ("700-799", True),
        ("900-999", True),
    ],
)
def test_a_range_is_open_when_it_shares_no_number_with_a_closed_pool(clinic, numbers, is_open):
    name_pool(clinic, "800-899")
    clinic.act(pool.close)

    def require():
        clinic.act(lambda tx: pool.require_open(tx, NumberRange.parse(numbers)))

    if is_open:
        require()
    else:
        with pytest.raises(RangeOverlap, match="the pool 800-899, which was closed"):
            require()


# early end of recovery


def recover_early(clinic):
    recovery = clinic.coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "set back"))
    clinic.act(recovery.end)


def test_an_early_end_of_recovery_closes_the_pool_for_good(clinic, lab, front):
    name_pool(clinic, "800-899")
    recover_early(clinic)
    for act in (
        pool.next_block,
        pool.require_on,
        lambda tx: pool.change(tx, None, None, True),
        lambda tx: ranges.grant_next(tx, lab.author),
    ):
        with pytest.raises(PoolClosed, match="was ever given: `mrnmesh-coordinator pool set"):
            clinic.act(act)
    for numbers in ("850-950", "800-899", "1-800"):
        with pytest.raises(BadPool, match="800-899, a pool that is closed for good"):
            name_pool(clinic, numbers)
    with pytest.raises(RangeOverlap, match="desks that did not come back may hold them"):
        clinic.grant_range(front, "890-910")
    with pytest.raises(RangeOverlap, match=r"may have been granted before .* `--never-granted`"):
        name_pool(clinic, "900-999")
    name_pool(clinic, "900-999", never_granted=True)
    assert next_block(clinic) == "900-909"
    recover_early(clinic)
    with pytest.raises(BadPool):
        name_pool(clinic, "890-899")


def test_a_recovery_that_everybody_came_back_to_leaves_the_pool_open(clinic, lab):
    """But nobody knows how much another copy gave: the pool goes on above what it can have been."""
    name_pool(clinic, "1000000-1999999", block=100)
    recover(clinic, lab)
    assert not clinic.act(lambda tx: pool.read(tx.store)).closed
    with pytest.raises(PoolUsedUp):
        next_block(clinic)


# what a recovery may have forgotten

AFTER_BACKUP = ("900-949", "10000000-10000039", "2000000000-2000000999")
"""Numbers that an administrator names after a backup, below all that are known and far above."""


def recover(clinic, lab):
    """A recovery that ends by itself."""
    recovery = clinic.coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was restored"))
    assert clinic.act(lambda tx: recovery.note_merged(tx, lab.author))


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("numbers", AFTER_BACKUP)
def test_a_pool_of_which_nobody_knows_is_not_named_again_without_a_word(
    clinic, lab, numbers, early
):
    """A pool is a setting: no desk brings it back, nor shows that it is missing."""
    if early:
        clinic.act(lambda tx: pool.change(tx, CLOSED, 10, None))
        recover_early(clinic)
    else:
        recover(clinic, lab)
    before = clinic.act(lambda tx: pool.read(tx.store))
    with pytest.raises(RangeOverlap, match=r"or in a pool, are not free.*`--never-granted`"):
        name_pool(clinic, numbers)
    assert clinic.act(lambda tx: pool.read(tx.store)) == before
    name_pool(clinic, numbers, never_granted=True)
    assert next_block(clinic).startswith(numbers.split("-")[0])


def test_the_pool_that_is_in_force_needs_no_word(clinic, lab):
    name_pool(clinic, "10000000-19999999", block=100)
    recover(clinic, lab)
    floor = clinic.act(lambda tx: pool.read(tx.store)).floor
    name_pool(clinic, "10000000-19999999", block=1000)
    for on in (False, True):
        clinic.act(lambda tx, on=on: pool.change(tx, None, None, on))
    assert clinic.act(lambda tx: pool.read(tx.store)).floor == floor > 10_000_000


@pytest.mark.parametrize("numbers", AFTER_BACKUP)
def test_a_range_by_hand_of_which_nobody_knows_is_not_granted_again_without_a_word(
    clinic, lab, numbers
):
    """However many restores forget it, wherever it lies."""
    range_ = NumberRange.parse(numbers)
    for _ in range(2):
        backup = clinic.coordinator.back_up()
        clinic.act(lambda tx: terminals.grant_range(tx, lab.author, range_, never_granted=True))
        clinic.coordinator.restore(backup)
        recover(clinic, lab)
        with pytest.raises(RangeOverlap, match="--never-granted"):
            clinic.grant_range(lab.author, numbers)
    clinic.act(lambda tx: terminals.grant_range(tx, lab.author, range_, never_granted=True))


def test_a_database_in_which_an_earlier_version_kept_a_bound_asks_for_the_word_too(clinic, lab):
    clinic.coordinator.query("INSERT INTO meta VALUES ('range_floor', 10999999)")
    with pytest.raises(RangeOverlap, match="--never-granted"):
        clinic.grant_range(lab.author, "20000000-20000099")


def test_a_pool_that_goes_on_leaves_out_what_may_have_been_given(clinic, lab):
    name_pool(clinic, "1000000-9999999", block=10_000)
    clinic.act(lambda tx: pool.skip(tx, 7))
    assert next_block(clinic) == "2070000-2079999"
    clinic.act(lambda tx: pool.change(tx, None, 20_000, None))
    assert next_block(clinic) == "2080000-2099999", "other blocks leave it out too"
    clinic.act(lambda tx: pool.skip(tx, 0))
    assert next_block(clinic) == "4080000-4099999", "at least a hundred blocks"


def test_a_pool_that_was_used_up_gives_no_smaller_block_that_may_have_been_given(clinic, lab):
    """With such blocks somebody may have made use of the rest of it, which was forgotten then."""
    name_pool(clinic, "1000000-1025000", block=10_000)
    for _ in range(2):
        clinic.act(lambda tx: ranges.grant_next(tx, lab.author))
    recover(clinic, lab)
    clinic.act(lambda tx: pool.change(tx, None, 1000, None))
    with pytest.raises(PoolUsedUp):
        next_block(clinic)
