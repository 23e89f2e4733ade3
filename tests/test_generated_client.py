"""A client generated from our description, by a generator that is not ours, at real daemons."""

from __future__ import annotations

import datetime
import importlib
import json
import sys
from typing import Any

import openapi_python_client
import pytest
import pytest_asyncio
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.daemons import open_desk, open_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = {"hub": "عائشہ خان", "desk": "زینب بی بی"}
EITHER = pytest.mark.parametrize("name", ["hub", "desk"])


class Generated:
    """A client package that was generated from the description of a daemon."""

    def __init__(self, package: str, document: dict[str, Any], folder) -> None:
        source = folder / f"{package}.json"
        source.write_text(json.dumps(document), encoding="utf-8")
        settings = ConfigFile(post_hooks=[])  # nothing is run on what was generated
        config = Config.from_sources(
            settings, MetaType.NONE, source, "utf-8", False, folder / package
        )
        self.warnings = list(openapi_python_client.generate(config=config))
        self._package = package

    def module(self, name: str) -> Any:
        return importlib.import_module(f"{self._package}.{name}")

    def client(self, daemon: Any) -> Any:
        """Without the proxies of the environment: the daemon is on this computer."""
        how: dict[str, Any] = {"base_url": daemon.url, "httpx_args": {"trust_env": False}}
        if daemon.token is None:
            return self.module("client").Client(**how)
        return self.module("client").AuthenticatedClient(token=daemon.token, **how)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def daemons(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    async with open_hub(folder) as hub, open_desk(folder, hub, "DESK-PC", "760000-769999") as desk:
        yield {"hub": hub, "desk": desk}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def generated(daemons, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    sys.path.insert(0, str(folder))
    yield {
        name: Generated(f"{name}_client", await daemon.get("/openapi.json"), folder)
        for name, daemon in daemons.items()
    }
    sys.path.remove(str(folder))


@EITHER
async def test_nothing_of_the_description_is_left_out(generated, daemons, name):
    assert generated[name].warnings == []
    for operation in daemons[name].operations:
        tag = "import_" if operation.about == "import" else operation.about
        assert generated[name].module(f"api.{tag}")


@EITHER
async def test_a_person_is_registered_and_read_back(generated, daemons, name):
    client, models = generated[name].client(daemons[name]), generated[name].module("models")
    post_patients = generated[name].module("api.patients.post_patients")
    get_patient = generated[name].module("api.patients.get_patients_by_id")
    get_patients = generated[name].module("api.patients.get_patients")
    body = models.NewPatient(
        full_name=NAMES[name],
        dob=datetime.date(1990, 1, 1),
        sex=models.Sex.F,
        phone="03001234567",
    )
    async with client:
        made = await post_patients.asyncio(client=client, body=body, idempotency_key="visit-1")
        assert isinstance(made, models.RegisteredAnswer), made
        assert (made.full_name, made.dob) == (NAMES[name], datetime.date(1990, 1, 1))
        assert made.mrn_status in models.MrnStatus
        assert made.created_at.tzinfo is not None
        again = await post_patients.asyncio_detailed(
            client=client, body=body, idempotency_key="visit-1"
        )
        assert (again.status_code, again.parsed.record_id) == (200, made.record_id)
        found = await get_patient.asyncio(client=client, id=str(made.record_id))
        assert isinstance(found, models.PatientAnswer)
        assert (found.mrn, found.sex) == (made.mrn, models.Sex.F)
        known = {"query": NAMES[name], "created_from": made.created_at.date()}
        page = await get_patients.asyncio(client=client, **known)
        assert [person.record_id for person in page.results] == [made.record_id]
        refused = models.MrnStatus.REJECTED
        page = await get_patients.asyncio(client=client, mrn_status=refused, **known)
        assert (page.count, page.results, page.next_) == (0, [], None)


@EITHER
async def test_the_status_and_an_error_are_what_the_types_say(generated, daemons, name):
    client, models = generated[name].client(daemons[name]), generated[name].module("models")
    async with client:
        status = await generated[name].module("api.system.get_status").asyncio(client=client)
        expected = {"hub": "CoordinatorStatus", "desk": "NodeStatus"}[name]
        assert type(status).__name__ == expected
        assert all(alarm.level in models.AlarmLevel for alarm in status.alarms)
        get_patient = generated[name].module("api.patients.get_patients_by_id")
        error = await get_patient.asyncio(client=client, id="999")
        assert isinstance(error, models.ErrorAnswer)
        assert error.code == "not_found"
