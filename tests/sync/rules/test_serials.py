"""Which serials are missing, and which are accounted for."""

import pytest

from sync.model.facts import Cause, SerialsFact
from sync.rules import serials
from sync.rules.serials import SerialStretch

BEGIN = SerialsFact(0, 0, Cause.BEGIN, "")


def skipped(first, last):
    return SerialsFact(first, last, Cause.SKIPPED, "it was set back")


def lost(first, last):
    return SerialsFact(first, last, Cause.LOST, "burnt", "Sadia")


@pytest.mark.parametrize(
    ("given", "accounts", "missing"),
    [
        pytest.param([1, 2, 3], [BEGIN], [], id="without a gap"),
        pytest.param([1, 2, 3], [BEGIN, skipped(7, 99)], [(4, 6)], id="the witness knew more"),
        pytest.param([1, 2, 3, 5], [BEGIN, skipped(7, 99)], [(4, 4), (6, 6)], id="some came back"),
        pytest.param([1, 2, 3, 4, 5, 6], [BEGIN, skipped(7, 99)], [], id="all came back"),
        pytest.param([1, 2, 3, 6], [BEGIN, skipped(4, 99)], [(4, 5)], id="skipped, but given"),
        pytest.param([1, 100, 101], [BEGIN, skipped(2, 99)], [], id="it goes on above"),
        pytest.param([1, 5], [BEGIN, skipped(6, 9), lost(2, 4)], [], id="given up"),
        pytest.param([1, 9], [BEGIN, skipped(6, 8), lost(2, 4)], [(5, 5)], id="not all given up"),
        pytest.param([3, 9], [], [], id="of before serials were accounted for"),
        pytest.param([3, 9], [SerialsFact(0, 9, Cause.BEGIN, "")], [], id="the same, told"),
        pytest.param([3, 9], [skipped(10, 99)], [], id="of before, and skipped since"),
        pytest.param([3, 9], [skipped(12, 99)], [], id="of before, the witness knew more"),
        pytest.param(
            [3, 12], [SerialsFact(0, 9, Cause.BEGIN, "")], [(10, 11)], id="of before, and since"
        ),
        pytest.param(
            [3, 103, 104, 203],
            [BEGIN, skipped(4, 102), skipped(4, 202)],
            [(1, 2)],
            id="two copies of one backup went on",
        ),
        pytest.param([], [BEGIN, skipped(7, 99)], [(1, 6)], id="nothing is here"),
    ],
)
def test_missing(given, accounts, missing):
    found = [SerialStretch(*one) for one in missing]
    assert serials.missing(given, accounts) == found
    assert serials.missing(given, [*reversed(accounts)]) == found
    for whole in range(found[0].first if found else 1):
        above = [serial for serial in given if serial > whole]
        assert serials.missing(above, accounts, whole) == found


def test_whole_is_up_to_where_nothing_is_missing():
    assert serials.whole([], []) == 0
    assert serials.whole([1, 2, 3], [BEGIN]) == 3
    assert serials.whole([1, 3], [BEGIN]) == 1


@pytest.mark.parametrize("given", [[1, 2, 3], [1, 2, 3, 100, 101]])
def test_whole_never_lies_above_what_was_skipped(given):
    """One of these serials may come to light later, and then those below it are missing."""
    accounts = [BEGIN, skipped(4, 99)]
    whole = serials.whole(given, accounts)
    assert whole == 3
    later = sorted([*given, 6])
    above = [serial for serial in later if serial > whole]
    assert serials.missing(above, accounts, whole) == [SerialStretch(4, 5)]
    assert serials.whole([*given[:3], 4, 5, 6, *given[3:]], accounts) == 6


def test_what_was_skipped_by_a_copy_that_knew_more_shows_how_far_that_one_had_come():
    """Both began with one backup; the other one knew of 4 and 5 before it skipped anything."""
    mine, its = skipped(4, 90), skipped(6, 99)
    assert serials.missing([1, 2, 3, 100], [BEGIN, mine, its]) == [SerialStretch(4, 5)]
    assert serials.missing([1, 2, 3, 4, 5, 100], [BEGIN, mine, its]) == []


def test_stretches_that_were_skipped_one_after_the_other_prove_nothing():
    chain = [skipped(4, 50), skipped(51, 99)]
    assert serials.missing([1, 2, 3, 100], [BEGIN, *chain]) == []
    assert serials.missing([1, 2, 3, 100], [BEGIN, *chain, skipped(4, 60)]) == []
    assert serials.missing([1, 2, 3, 53], [BEGIN, *chain]) == [SerialStretch(51, 52)]


def test_giving_up_what_is_missing_gives_up_nothing_that_was_skipped():
    given, accounts = [1, 5, 6, 9, 100, 102], [BEGIN, skipped(5, 99)]
    found = serials.missing(given, accounts)
    assert serials.text(found) == "2 to 4, 7 to 8, 101"
    lost_now = serials.lost(found, serials.unproved(given, accounts))
    assert serials.text(lost_now) == "2 to 8, 101"
    accounts += [lost(*one) for one in lost_now]
    assert serials.missing(given, accounts) == []
    assert serials.missing(sorted([*given, 12]), accounts) == [SerialStretch(10, 11)]
    assert serials.lost([], []) == []


def test_people_read_the_first_stretches():
    stretches = [
        SerialStretch(4, 6),
        SerialStretch(8, 8),
        SerialStretch(10, 11),
        SerialStretch(20, 20),
    ]
    assert serials.text(stretches[:2]) == "4 to 6, 8"
    assert serials.text(stretches) == "4 to 6, 8, 10 to 11, and more"
