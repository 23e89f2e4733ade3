"""Forms that were begun: kept for their clerk, for a day, through a restart."""

import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from node.drafts import DAY_MS, DRAFTS_MAX, FILE, Drafts, FormDraft


class Clock:
    ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def drafts(tmp_path, clock):
    return Drafts(tmp_path, clock, clock)


def form(key="a", name="Ayesha", operator="Sadia", **more):
    return FormDraft(key=key, fields={"full_name": name}, operator=operator, **more)


def keys(drafts, operator="Sadia"):
    return [one.key for one in drafts.of(operator)]


def test_a_form_is_there_after_a_restart_the_newest_first(drafts, tmp_path, clock):
    drafts.keep(form("a"))
    drafts.keep(form("b", sent=True))
    again = Drafts(tmp_path, clock, clock)
    assert again.of("Sadia") == [form("b", sent=True), form("a")]


def test_a_form_is_kept_once(drafts):
    drafts.keep(form("a", "Ay"))
    drafts.keep(form("b"))
    drafts.keep(form("a", "Ayesha"))
    assert drafts.of("Sadia") == [form("a", "Ayesha"), form("b")]


def test_a_registered_form_is_gone_for_good(drafts, tmp_path, clock):
    drafts.keep(form("a"))
    drafts.drop("a")
    drafts.drop("a")
    assert keys(drafts) == keys(Drafts(tmp_path, clock, clock)) == []
    assert b"Ayesha" not in (tmp_path / FILE).read_bytes()


def test_what_several_threads_do_at_once_is_done_one_after_the_other(drafts, tmp_path, clock):
    """The API does each call on a thread of its own."""
    inside, others = [0], []

    def now_ms():
        inside[0] += 1
        try:
            for _ in range(200 if inside[0] == 1 else 0):
                time.sleep(0)  # lets another thread run, if nothing keeps it away
            others.append(inside[0] > 1)
            return clock.ms
        finally:
            inside[0] -= 1

    clerk = Drafts(tmp_path, now_ms, now_ms)
    with ThreadPoolExecutor(8) as threads:
        for act in [
            *(threads.submit(clerk.keep, form(f"f{number}")) for number in range(DRAFTS_MAX)),
            *(threads.submit(clerk.drop, f"f{number}") for number in range(DRAFTS_MAX)),
        ]:
            act.result()
    assert not any(others)
    assert keys(clerk) == keys(Drafts(tmp_path, clock, clock))


def test_another_clerk_finds_none_and_leaves_none(drafts, tmp_path):
    drafts.keep(form("a"))
    assert keys(drafts, "Bilal") == []
    assert keys(drafts) == []
    drafts.keep(form("b"))
    drafts.keep(form("c", operator="Bilal"))
    assert (keys(drafts, "Bilal"), b"Ayesha" in (tmp_path / FILE).read_bytes()) == (["c"], True)
    assert keys(drafts) == []


def test_a_page_at_which_nobody_has_chosen_a_name_yet_takes_no_form_from_anybody(drafts):
    drafts.keep(form("a", sent=True))
    assert keys(drafts, "") == []
    drafts.keep(form("b", operator=""))
    assert keys(drafts, "") == ["b"]
    assert drafts.of("Sadia") == [form("a", sent=True)]
    assert keys(drafts, "") == []


def test_a_form_is_gone_after_a_day(drafts, clock):
    drafts.keep(form("a"))
    clock.ms += DAY_MS - 1
    assert keys(drafts) == ["a"]
    clock.ms += 1
    assert keys(drafts) == []


@pytest.mark.parametrize("days", [-50, 50])
def test_a_day_is_a_day_whatever_the_clock_is_set_to(tmp_path, clock, days):
    steady = Clock()
    clock.ms += 100 * DAY_MS
    drafts = Drafts(tmp_path, clock, steady)
    drafts.keep(form("a"))
    clock.ms += days * DAY_MS
    steady.ms += DAY_MS - 1
    assert keys(drafts) == ["a"]
    steady.ms += 1
    assert keys(drafts) == []


def test_a_form_from_a_time_to_come_is_gone_a_day_after_a_restart(drafts, tmp_path, clock):
    clock.ms += 50 * DAY_MS
    drafts.keep(form("a"))
    clock.ms -= 50 * DAY_MS
    for _ in range(4):  # it is switched off each night
        assert keys(Drafts(tmp_path, clock, Clock())) == ["a"]
        clock.ms += DAY_MS // 4
    assert keys(Drafts(tmp_path, clock, Clock())) == []


def test_only_the_newest_are_kept(drafts):
    for number in range(DRAFTS_MAX + 2):
        drafts.keep(form(f"k{number}"))
    assert keys(drafts)[-1] == "k2"
    assert len(keys(drafts)) == DRAFTS_MAX


@pytest.mark.skipif(sys.platform == "win32", reason="the rights of the folder apply there")
def test_only_the_owner_reads_them(drafts, tmp_path):
    drafts.keep(form())
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b'[{"draft": 5}]', b"\xff"])
def test_a_damaged_file_has_none(tmp_path, clock, content):
    (tmp_path / FILE).write_bytes(content)
    assert keys(Drafts(tmp_path, clock, clock)) == []


def test_what_cannot_be_written_is_kept_in_memory(drafts, tmp_path, caplog):
    (tmp_path / FILE).mkdir()
    (tmp_path / FILE / "x").touch()
    drafts.keep(form())
    assert keys(drafts) == ["a"]
    assert "kept in memory only" in caplog.text
