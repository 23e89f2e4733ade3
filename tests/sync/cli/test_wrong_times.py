"""``clock`` at the coordinator: times that nobody believes."""

import json


def test_a_clock_was_wrong_and_then_it_was_not(live):
    assert live.hub("clock", "wrong").out == "All times are believed.\n"
    words = ("--why", "the year was mistyped")
    stretch = ("2099-01-01T00:00+05:00", "2099-01-02T00:00+05:00")
    said = live.hub("clock", "disbelieve", "@coordinator", *stretch, *words)
    assert "@coordinator: 2098-12-31T19:00:00Z to 2099-01-01T19:00:00Z" in said.out
    assert "administrator: the year was mistyped" in said.out
    (one,) = json.loads(live.hub("clock", "wrong", "--json").out)["results"]
    assert live.hub("clock", "believe", one["id"], *words).out == "All times are believed.\n"
    former = live.hub("clock", "disbelieve", "NOBODY", *stretch, *words, "--who", "Sadia")
    assert "--who is not used any more" in former.err
    refused = live.hub("clock", "disbelieve", "NOBODY", *stretch, *words)
    assert refused.status == 1
    assert "there is no terminal NOBODY" in refused.err
