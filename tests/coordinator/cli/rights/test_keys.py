"""``mrnmesh-coordinator keys``."""

import re


def test_a_life_of_a_key(live):
    made = live.hub("keys", "add", "LIMS", "read", "--expires", "2099-01-01T00:00+05:00")
    first, key = made.out.splitlines()
    assert first == "The API key LIMS (read), shown this once:"
    assert re.fullmatch("[0-9a-f]{64}", key)
    shown = live.hub("keys", "list").out
    (line,) = [line for line in shown.splitlines() if "LIMS" in line]
    ident = line.split()[0]
    assert "  LIMS  read: good until " in line
    assert line.endswith("not used yet")
    assert key not in shown
    refused = live.hub("terminals", "add", "NEW-PC", "--token", key)
    assert "You may not do that" in refused.err
    assert live.hub("keys", "withdraw", ident).out == f"The API key {ident} is good no more.\n"
    gone = live.hub("terminals", "list", "--token", key)
    assert "The API key LIMS was withdrawn" in gone.err
    assert "LIMS  read: withdrawn " in live.hub("keys", "list").out
    assert "There is no API key 9999" in live.hub("keys", "withdraw", "9999").err
