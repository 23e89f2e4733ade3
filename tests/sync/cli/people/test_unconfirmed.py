"""The list of people who are not known yet, as a terminal shows it."""

from __future__ import annotations

from sync.cli.people import unconfirmed


def test_without_anybody_it_says_so():
    assert unconfirmed.as_table([]) == "It is known of everybody who they are."


def test_what_is_not_known_of_them_is_left_out():
    nothing = dict.fromkeys(
        ("mrn", "full_name", "sex", "dob", "origin_terminal_code", "created_at")
    )
    assert unconfirmed.as_table([nothing]).splitlines()[1].split() == ["-"] * 6
