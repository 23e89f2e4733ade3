"""``authority``: what is in use, who is left, and a question before what cannot be undone."""

import io
import json

from coordinator.cli.enrolment import authority
from tests.daemons.commands import live

__all__ = ["live"]


def test_it_names_those_who_have_no_certificate(live):
    done = live.hub("authority", "show")
    assert "LAB1-PC" in done.out
    assert "terminals enrol CODE" in done.out
    answer = json.loads(live.hub("authority", "show", "--json").out)
    assert (answer["next"], "LAB1-PC" in answer["left"]) == (None, True)


def test_it_is_replaced_only_after_a_question(live):
    done = live.hub("authority", "finish", "--reason", "x")
    assert done.status == 1
    done = live.hub("authority", "finish", "--reason", "x", "--yes")
    assert "There is no next authority" in done.err
    done = live.hub("authority", "renew")
    assert "The next one has the key" in done.out
    assert "There is a next authority already" in live.hub("authority", "renew").err
    done = live.hub("authority", "finish", "--reason", "x", "--yes")
    assert (done.status, "next" in done.out) == (0, False)


def test_the_question_says_what_will_happen_in_numbers():
    assert authority._plan(["LAB1-PC", "WARD-PC"]).endswith(
        "2 desks cannot sync any more until enrolled again: LAB1-PC, WARD-PC."
    )
    assert "enrolled again" not in authority._plan([])


def test_a_passphrase_is_typed_where_it_is_needed(live, monkeypatch):
    def types(*lines):
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join((*lines, ""))))

    types("correct horse")
    assert live.hub("authority", "passphrase").status == 0
    live.until(lambda: "locked with a passphrase" in live.hub("authority", "show").out)
    types("wrong")
    assert "not the passphrase" in live.hub("terminals", "enrol", "LOCKED-PC").err
    types("correct horse")
    assert "mrnmesh-node enrol" in live.hub("terminals", "enrol", "LOCKED-PC").out
    assert live.hub("authority", "passphrase", "--remove").status == 0
    assert "locked" not in live.hub("authority", "show").out
