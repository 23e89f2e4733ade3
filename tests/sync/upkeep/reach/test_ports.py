"""What the doctor says of ports that others have tried."""

from __future__ import annotations

from typing import Any

import pytest

from sync.errors import Busy
from sync.model.facts import Author
from sync.protocol.addresses import Reach, TriedPort
from sync.protocol.events import PortsArrived
from sync.upkeep.reach.ports import PATH, PortTrialAnswer, answer_of, from_outside


def trial(by: str, **reach: str) -> PortTrialAnswer:
    numbers = {"sync": 8471, "codes": 8472, "https": 8473}
    found = tuple(TriedPort(numbers[use], Reach(how)) for use, how in reach.items())
    uses = {port: use for use, port in numbers.items()}
    return answer_of(Author(by), PortsArrived(1, "10.0.0.1", found), uses)


def said(*tried: PortTrialAnswer) -> list[tuple[str, str]]:
    def call(method: str, path: str) -> Any:
        assert (method, path) == ("POST", PATH)
        return {"tried": list(tried)}

    found = from_outside(call)
    assert {one.check for one in found} == {"ports from outside"}
    assert all(bool(one.do) == (one.level != "ok") for one in found)
    return [(one.level, one.found) for one in found]


def test_all_that_is_reached_is_well():
    found = said(trial("LAB1-PC", sync="open", codes="open"))
    assert found == [("ok", "8471 (sync), 8472 (codes): reached from LAB1-PC")]


def test_a_port_that_nobody_reaches_is_a_warning_with_who_has_tried():
    tried = [trial(by, sync="open", codes="silent", https="refused") for by in ("LAB1-PC", "WARD")]
    found = said(*tried)
    assert [level for level, _ in found] == ["warning", "warning"]
    codes = "LAB1-PC tried 10.0.0.1 and it gets no answer"
    assert found[0][1].startswith(f"8472 (codes) is not reached: {codes}; WARD tried")
    assert "refused" in found[1][1]


def test_what_one_of_them_reaches_is_open():
    tried = trial("LAB1-PC", sync="silent"), trial("WARD-PC", sync="open")
    assert said(*tried) == [("ok", "8471 (sync): reached from WARD-PC")]


def test_nobody_to_ask_is_said_and_no_fault():
    ((level, text),) = said()
    assert level == "ok"
    assert "no other computer is connected" in text


def test_what_was_not_asked_for_says_nothing():
    found = (TriedPort(22, Reach.OPEN), TriedPort(8471, Reach.OPEN))
    answer = answer_of(Author("LAB1-PC"), PortsArrived(1, "10.0.0.1", found), {8471: "sync"})
    assert answer["ports"] == [{"use": "sync", "port": 8471, "reach": "open"}]


@pytest.mark.parametrize("error", [Busy()])
def test_a_daemon_that_does_not_tell_is_the_matter_of_other_findings(error):
    def call(_method: str, _path: str) -> Any:
        raise error

    assert from_outside(call) == []
