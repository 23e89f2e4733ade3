"""What only whoever can read the data folder of a desk may call."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from node.api import administrator
from node.api.administrator import AdministratorSecret, secret_of
from sync.http.app import answer_errors
from sync.http.operations import Needs, Operation, add_operations
from sync.storage import files


async def shown(_request: web.Request) -> dict[str, str]:
    return {"said": "hello"}


OPERATIONS = [
    Operation("GET", "/closed/", shown, "Show what is closed", needs=Needs.DATA_FOLDER),
    Operation("GET", "/open/", shown, "Show what is open", needs=Needs.THIS_COMPUTER),
]


@pytest.fixture
async def client(tmp_path):
    secret = AdministratorSecret(tmp_path)
    app = web.Application(middlewares=[answer_errors(str), secret.authorise])
    add_operations(app, OPERATIONS)
    async with TestClient(TestServer(app)) as client:
        yield client


async def status(client, path, secret=None):
    headers = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
    async with client.get(path, headers=headers) as response:
        return response.status


async def test_what_is_for_the_administrator_needs_the_secret_of_the_folder(client, tmp_path):
    right = secret_of(tmp_path)
    assert await status(client, "/closed/", right) == 200
    for wrong in (None, "", "x", right[:-1], f"{right}0", "ü" * 32):
        assert await status(client, "/closed/", wrong) == 403, wrong


async def test_all_else_needs_none(client):
    assert await status(client, "/open/") == 200
    assert await status(client, "/nowhere/") == 404


def test_the_secret_stays_and_only_its_owner_reads_it(tmp_path):
    AdministratorSecret(tmp_path)
    first = secret_of(tmp_path)
    AdministratorSecret(tmp_path)
    assert secret_of(tmp_path) == first
    assert (tmp_path / administrator.FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damaged", [b"", b"\n", b"0" * 63, b"\xff" * 64])
def test_a_damaged_file_is_made_anew_and_an_empty_one_lets_nobody_in(tmp_path, damaged):
    (tmp_path / administrator.FILE).write_bytes(damaged)
    AdministratorSecret(tmp_path)
    assert len(secret_of(tmp_path)) == 64


def test_a_desk_whose_disk_is_full_works_and_nobody_knows_the_secret(tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_private", full)
    AdministratorSecret(tmp_path)
    assert "administrator.key cannot be written" in caplog.text
    with pytest.raises(OSError, match=r"administrator\.key"):
        secret_of(tmp_path)
