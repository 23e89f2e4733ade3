"""What only the coordinator's doctor looks at: its recovery, and itself with a token."""

import json
import sys

import pytest

from coordinator import config
from coordinator.cli import main as cli
from sync.model.facts import FactId
from sync.storage.store import Store
from sync.witness.machine import machine_id
from sync.witness.memory import Intents, Witness


@pytest.fixture
def hub(tmp_path):
    config.init(
        tmp_path / "hub",
        witness=tmp_path / "hub.witness",
        listen="127.0.0.1:0",
        sync_listen="127.0.0.1:0",
    )
    return tmp_path / "hub"


def examined(folder, capsys):
    """(exit status, check -> finding)."""
    status = cli.main(["--data", str(folder), "doctor", "--json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    return status, {one["check"]: one for one in found}


def test_one_that_does_not_run_is_a_warning_and_no_recovery_is_well(hub, capsys):
    status, found = examined(hub, capsys)
    # Where `icacls` does nothing, as under Wine, others may read the key; nothing else is wrong.
    problems = {name for name, one in found.items() if one["level"] == "problem"}
    assert problems <= ({"private key"} if sys.platform == "win32" else set())
    assert status == bool(problems)
    assert found["recovery"]["level"] == found["database"]["level"] == "ok"
    assert found["daemon"]["level"] == "warning"
    assert found["daemon"]["do"] == "start it: mrnmesh-coordinator run"
    assert "clock" not in found, "the clock that all others go by"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("it was restored", "confirms nothing: it was restored"),
        (
            "a peer holds facts that this coordinator wrote and has lost",
            "confirms nothing: a desk has records that this coordinator wrote and has lost",
        ),
    ],
)
def test_recovery_is_a_problem_with_its_reason(hub, capsys, stored, shown):
    store = Store.open(hub / "register.db")
    store.meta.recovery = stored
    store.close()
    status, found = examined(hub, capsys)
    assert status == 1
    assert found["recovery"]["level"] == "problem"
    assert shown in found["recovery"]["found"]
    assert "end-recovery" in found["recovery"]["do"]


def test_a_restored_one_need_not_know_who_got_the_newest_number(hub, capsys):
    """It goes on above that, and the witness stays as it is meanwhile."""
    witness = Witness(hub.with_name("hub.witness"), machine_id())
    intents = Intents()
    intents.issue("700000-709999", 700004, 700003)
    intents.carry(FactId(bytes(16)), 700004)
    witness.intend(intents, intents.carried)
    witness.took()
    witness.settle()
    assert examined(hub, capsys)[1]["witness"]["level"] == "ok"


def test_a_running_one_answers_and_with_a_token_names_its_alarms(live, monkeypatch, capsys):
    live.hub("pool", "off")
    live.hub("terminals", "add", "DOC1-PC", "--range", "300000-300009")
    body = {"origin_terminal_code": "DOC1-PC", "offline": True, "dob": "1990-01-01"}
    person = {"full_name": "A", "sex": "F", "phone": "03001234567"}
    for _ in range(9):
        live.hub_api().call("POST", "/api/patients/", body | person)
    try:
        live.until(lambda: "numbers_low" in live.hub("doctor", "--json").out)
    finally:
        live.hub("pool", "on")
    monkeypatch.setenv("MRNMESH_TOKEN", "wrong")
    for token in ("wrong", ""):
        monkeypatch.setenv("MRNMESH_TOKEN", token)
        _, found = examined(live.coordinator.folder, capsys)
        assert found["daemon"]["found"] == "it runs and answers"
        assert "numbers_low" not in found
