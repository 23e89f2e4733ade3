"""What PINs are checked by at a desk: kept by its owner alone, and wrong ones wait."""

import stat
import sys

import msgspec
import pytest

from node.clerks import pins
from node.clerks.pins import DELAY_S, DELAY_S_MAX, FILE, FREE_FAILURES, PinFile, delay_s
from node.errors import PinDelayed
from sync.model.clerks.pins import ClerkPin
from sync.rules.clerks import Clerk

SADIA = Clerk(b"s" * 16, "Sadia", None, 1, 1, removed=False, heads=())
PIN = ClerkPin(SADIA.id, 1, "a hash")


class Steady:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def steady():
    return Steady()


@pytest.fixture
def kept(tmp_path, steady):
    return opened(tmp_path, steady)


def opened(folder, steady):
    return PinFile(folder, steady)


def keep(kept, *found, clerks=(SADIA,)):
    kept.keep(found, {one.id: one for one in clerks})


def fail(kept, times):
    """Wrong ones, one after the other, each as soon as it counts."""
    for _ in range(times):
        kept._steady_s.now += DELAY_S_MAX
        kept.begin(SADIA)


def test_it_is_kept_over_a_restart_in_a_file_for_its_owner(kept, tmp_path, steady):
    assert kept.lacking([SADIA]) == [SADIA.id]
    keep(kept, PIN)
    again = opened(tmp_path, steady)
    assert again.verifier_of(SADIA) == "a hash"
    assert again.lacking([SADIA, SADIA._replace(id=b"b" * 16, pin=0)]) == []
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("now", [SADIA._replace(pin=2), SADIA._replace(pin=0)])
def test_a_former_pin_counts_no_more_as_soon_as_the_list_says_so(kept, now):
    keep(kept, PIN)
    assert kept.verifier_of(now) is None


def test_only_that_of_a_clerk_who_works_here_is_kept(kept, tmp_path):
    stranger = PIN._replace(clerk=b"x" * 16)
    keep(kept, PIN, stranger, PIN._replace(pin=7))
    assert len(msgspec.json.decode((tmp_path / FILE).read_bytes())) == 1
    keep(kept, clerks=())
    assert (tmp_path / FILE).read_bytes() == b"[]", "they work elsewhere now"


def test_the_first_wrong_ones_are_slips_and_then_each_waits_longer(kept, steady):
    keep(kept, PIN)
    for _ in range(FREE_FAILURES):
        kept.begin(SADIA)
    waits = []
    for _ in range(9):
        with pytest.raises(PinDelayed) as delayed:
            kept.begin(SADIA)
        waits.append(delayed.value.facts["seconds"])
        steady.now += waits[-1]
        kept.begin(SADIA)
    assert waits[:3] == [DELAY_S, 2 * DELAY_S, 4 * DELAY_S]
    assert waits == sorted(waits)
    assert waits[-1] == DELAY_S_MAX, "it is never for good"
    assert kept.next_try_s(SADIA) == DELAY_S_MAX


def test_a_right_one_ends_the_wait(kept, steady, tmp_path):
    keep(kept, PIN)
    fail(kept, 6)
    kept.succeeded(SADIA)
    kept.begin(SADIA)
    kept.succeeded(SADIA)
    assert opened(tmp_path, steady).next_try_s(SADIA) == 0


def test_a_restart_is_no_way_round(kept, steady, tmp_path):
    keep(kept, PIN)
    fail(kept, 5)
    steady.now += DELAY_S_MAX
    again = opened(tmp_path, steady)
    with pytest.raises(PinDelayed):
        again.begin(SADIA)
    steady.now += delay_s(5)
    again.begin(SADIA)


def test_what_nobody_looked_at_was_no_try(kept):
    keep(kept, PIN)
    for _ in range(20):
        kept.begin(SADIA)
        kept.take_back(SADIA)
    assert kept.next_try_s(SADIA) == 0


def test_a_new_pin_begins_anew_and_the_same_one_does_not(kept):
    keep(kept, PIN)
    fail(kept, 6)
    keep(kept, PIN)
    assert kept.next_try_s(SADIA) > 0
    second = SADIA._replace(pin=2)
    keep(kept, PIN._replace(pin=2, verifier="another"), clerks=(second,))
    assert kept.next_try_s(second) == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'[{"clerk": "x"}]'])
def test_a_damaged_file_has_nothing(tmp_path, steady, content):
    (tmp_path / FILE).write_bytes(content)
    assert opened(tmp_path, steady).lacking([SADIA]) == [SADIA.id]


def test_a_file_that_cannot_be_written_takes_nothing_from_a_clerk(kept, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pins.files, "write_private", full)
    keep(kept, PIN)
    assert kept.verifier_of(SADIA) == "a hash"
    assert "in memory only" in caplog.text
    assert "a hash" not in caplog.text


def test_the_wait_has_an_end_however_many_were_wrong():
    assert [delay_s(one) for one in (0, FREE_FAILURES - 1, 10**6)] == [0.0, 0.0, DELAY_S_MAX]
