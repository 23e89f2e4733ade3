"""Which commits a read may see: waiting, going on, and a witness that cannot be told."""

import threading

import pytest

from sync.reading.shown import NotShown, Shown


def waiting(shown: Shown, commit: int) -> tuple[threading.Thread, list[str]]:
    """A thread that waits for a commit, and what becomes of it."""
    ends: list[str] = []

    def wait() -> None:
        try:
            shown.wait_for(commit)
            ends.append("shown")
        except NotShown:
            ends.append("not shown")

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, ends


def test_what_is_witnessed_is_not_waited_for():
    shown = Shown(7)
    shown.wait_for(0)
    shown.wait_for(7)


def test_what_is_newer_is_waited_for():
    shown = Shown(7)
    thread, ends = waiting(shown, 9)
    shown.advance(8)
    assert (thread.is_alive(), ends) == (True, [])
    shown.advance(9)
    thread.join(10)
    assert ends == ["shown"]


def test_nobody_waits_for_a_witness_that_cannot_be_told():
    shown = Shown(7)
    thread, ends = waiting(shown, 8)
    shown.stop()
    thread.join(10)
    assert ends == ["not shown"]
    with pytest.raises(NotShown):
        shown.wait_for(8)
    shown.wait_for(7)
    shown.advance(8)
    shown.wait_for(8)
