"""The first user: made once, on this computer, with the secret."""

import asyncio

import pytest

from coordinator.api.rights import first_start as api
from coordinator.users import first_start
from tests.daemons import new_hub

SETUP = "/api/setup/"
SADIA = {"name": "Sadia Malik", "password": "a good password"}


@pytest.fixture
async def bare(tmp_path):
    """A coordinator without any user."""
    async with new_hub(tmp_path).running(jobs=False) as hub:
        yield hub


async def refusal(hub, **sent):
    return await hub.refused("POST", SETUP, SADIA | sent, token=None)


async def test_the_secret_makes_the_first_administrator_and_signs_in_once(bare):
    secret = first_start.fresh(bare.config.folder)
    assert await bare.get(SETUP, token=None) == {"needed": True}
    assert await refusal(bare, secret="wrong") == (403, "setup_secret_wrong")
    weak = await refusal(bare, secret=secret, password="short")
    assert weak == (400, "bad_password"), "and the secret is still good"
    made = await bare.call("POST", SETUP, SADIA | {"secret": secret}, token=None)
    assert (made["name"], made["role"]) == ("Sadia Malik", "administrator")
    assert await bare.get(SETUP, token=None) == {"needed": False}
    assert not (bare.config.folder / first_start.FILE).exists()
    again = await refusal(bare, secret=secret, name="Somebody Else")
    assert again == (409, "setup_done")
    entries = (await bare.get("/api/audit/"))["results"]
    assert {(one["act"], one["outcome"]) for one in entries} >= {
        (api.ACT, "done"),
        (api.ACT, "setup_secret_wrong"),
    }


async def test_two_at_once_with_the_secret_make_one_user(bare):
    secret = first_start.fresh(bare.config.folder)
    both = [
        bare.send("POST", SETUP, {"secret": secret, "name": name, "password": "a good password"})
        for name in ("One", "Two")
    ]
    found = await asyncio.gather(*both)
    assert sorted(status for status, _ in found) == [200, 409]
    assert (await bare.get("/api/users/"))["count"] == 1


async def test_other_computers_and_later_secrets_make_nobody(bare, monkeypatch):
    secret = first_start.fresh(bare.config.folder)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(api, "is_here", lambda _address: False)
        assert await refusal(bare, secret=secret) == (403, "setup_elsewhere")
    await bare.call("POST", "/api/users/", SADIA | {"role": "administrator"})
    assert await refusal(bare, secret=secret) == (409, "setup_done")
