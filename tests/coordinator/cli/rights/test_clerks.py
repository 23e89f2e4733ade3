"""``mrnmesh-coordinator clerks``."""

import json


def test_the_work_with_a_list_of_clerks(live, typed):
    added = live.hub("clerks", "add", "Hina Shah")
    assert added.out == "Hina Shah  all desks\n", added.err
    typed("1357\n")
    assert live.hub("clerks", "add", "Omar", "--desk", "lab1-pc", "--pin").out == (
        "Omar  LAB1-PC, with a PIN\n"
    )
    listed = json.loads(live.hub("clerks", "list", "--json").out)
    assert {"Hina Shah", "Omar"} <= {one["name"] for one in listed}
    changed = live.hub("clerks", "change", "OMAR", "--name", "Omar Ali", "--all-desks", "--no-pin")
    assert changed.out == "Omar Ali  all desks\n"
    typed("1234\n")
    assert "cannot be used" in live.hub("clerks", "change", "Omar Ali", "--pin").err
    assert "Omar Ali  all desks\n" in live.hub("clerks", "list").out
    assert "no clerk Omar" in live.hub("clerks", "remove", "Omar").err
    assert live.hub("clerks", "remove", "omar ali").out == (
        "omar ali can be chosen at no desk any more.\n"
    )


def test_whether_names_may_be_typed(live):
    assert "may be typed" in live.hub("clerks", "typing").out
    assert "Only names of the list" in live.hub("clerks", "typing", "off").out
    assert json.loads(live.hub("clerks", "typing", "on", "--json").out) == {"typing": True}
