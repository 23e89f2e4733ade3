"""Both daemons show Prometheus how they are, and nothing about any patient."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from tests.daemons import open_desk, open_hub
from tests.daemons.api import AYESHA

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOARD = Path(__file__).resolve().parents[4] / "deploy" / "grafana-dashboard.json"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def daemons(tmp_path_factory):
    folder = tmp_path_factory.mktemp("metrics")
    async with open_hub(folder) as hub, open_desk(folder, hub, "DESK-PC", "760000-769999") as desk:
        for offline in (True, True, False):
            await desk.register(offline=offline)
        await hub.daemon._ranges.review()
        await hub.until("/api/status/", lambda found: found["patients"] == 3)
        yield {"hub": hub, "desk": desk}


async def measured(api) -> dict[str, dict[tuple[str, ...], float]]:
    """Name of a value -> values of its labels, in the order of their names -> the value."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(await api.get("/metrics")):
        assert family.documentation, family.name
        for sample in family.samples:
            found.setdefault(sample.name, {})[
                tuple(sample.labels[name] for name in sorted(sample.labels))
            ] = sample.value
    return found


@pytest.mark.parametrize("name", ["hub", "desk"])
async def test_what_both_measure(daemons, name):
    found = await measured(daemons[name])
    assert found["mrnmesh_patients"] == {(): 3}
    assert found["mrnmesh_registrations_total"] == {
        ("offline", "DESK-PC"): 2,
        ("online", "DESK-PC"): 1,
    }
    assert found["mrnmesh_conflicts_open"] == {(): 0}
    assert found["mrnmesh_session_live"] == {("DESK-PC" if name == "hub" else "@coordinator",): 1}
    assert found["mrnmesh_database_size_bytes"][()] > 4096


async def test_what_only_one_of_them_measures(daemons):
    hub, desk = [await measured(daemons[name]) for name in ("hub", "desk")]
    assert desk["mrnmesh_numbers_remaining"] == {(): 9998}
    assert desk["mrnmesh_numbers_online"] == {(): 1}
    assert hub["mrnmesh_numbers_remaining"].keys() == {("DESK-PC",)}
    assert hub["mrnmesh_recovery_active"] == {(): 0}


async def test_registrations_are_counted_once_and_then_only_those_that_came_since(daemons):
    desk = daemons["desk"]
    await measured(desk)
    before = (await measured(desk))["mrnmesh_registrations_total"]["offline", "DESK-PC"]
    await desk.register(offline=True)
    after = (await measured(desk))["mrnmesh_registrations_total"]["offline", "DESK-PC"]
    assert after == before + 1


@pytest.mark.parametrize("name", ["hub", "desk"])
async def test_no_patient_is_named(daemons, name):
    text = await daemons[name].get("/metrics")
    for value in AYESHA.values():
        assert str(value) not in text
    # A size in bytes may have these digits among others: 1.760038912e+09.
    assert not re.search(r"(?<![\d.])7600\d\d(?!\d)|PAT-", text)


@pytest.mark.parametrize("name", ["hub", "desk"])
async def test_names_have_their_unit_at_their_end(daemons, name):
    """https://prometheus.io/docs/practices/naming/"""
    for family in text_string_to_metric_families(await daemons[name].get("/metrics")):
        assert re.fullmatch(r"(mrnmesh|process)_[a-z_]+", family.name)
        assert not re.search(r"_(ms|milliseconds|mb|kb|percent)(_|$)", family.name)
        # The parser takes the ending of a counter away, and refuses one that has none.
        assert family.type in ("counter", "gauge")


async def test_the_dashboard_asks_only_for_what_there_is(daemons):
    known = {name for api in daemons.values() for name in await measured(api)}
    # There is neither an alarm nor a backup here.
    known |= {"mrnmesh_alarms", "mrnmesh_backup_last_success_timestamp_seconds"}
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    assert len(asked) >= 10
    named = {name for expr in asked for name in re.findall(r"\b(?:mrnmesh|process)_\w+", expr)}
    assert named <= known
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
