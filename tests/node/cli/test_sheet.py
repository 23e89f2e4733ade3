"""``mrnmesh-node sheet``."""

from tests.daemons.commands import LiveClinic


def test_a_sheet_is_taken_and_listed(live: LiveClinic):
    first = live.node("sheet", "--another")
    assert first.status == 0, first.err
    assert first.out.startswith("50 numbers from 71")
    assert f"{live.desk.url}/sheet/?id=" in first.out
    assert live.node("sheet").out == first.out, "nobody has used it"
    listed = live.node("sheet", "--list").out.splitlines()[0]
    assert "not typed in: 71" in listed
    assert live.node("sheet", "--another", "--list").status == 2


def test_a_program_gets_the_sheet_as_json(live: LiveClinic):
    assert '"left": 50' in live.node("sheet", "--another", "--json").out
    assert '"left": 50' in live.node("sheet", "--list", "--json").out
