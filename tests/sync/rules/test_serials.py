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
    assert serials.whole([1, 2, 3], [BEGIN, skipped(4, 99)]) == 99
    assert serials.whole([1, 3], [BEGIN]) == 1


def test_a_skipped_stretch_may_turn_out_to_have_been_given():
    assert not serials.is_reached([1, 2, 3], [BEGIN, skipped(4, 99)])
    assert serials.is_reached([1, 2, 4], [BEGIN, skipped(4, 99)])


def test_people_read_the_first_stretches():
    stretches = [
        SerialStretch(4, 6),
        SerialStretch(8, 8),
        SerialStretch(10, 11),
        SerialStretch(20, 20),
    ]
    assert serials.text(stretches[:2]) == "4 to 6, 8"
    assert serials.text(stretches) == "4 to 6, 8, 10 to 11, and more"
