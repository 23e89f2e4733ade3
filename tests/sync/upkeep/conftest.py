"""A desk's data folder with 300 facts, and a backup of it."""

import os

import pytest

from sync.engine import keys, replica
from sync.engine.replica import Replica
from sync.engine.writer import Writer
from sync.model.facts import Author
from sync.storage.store import Store
from sync.upkeep import backup
from sync.upkeep.backup import Source
from tests.clinic import START_MS, ZONE
from tests.daemons.commands import live
from tests.daemons.running import new_desk, open_hub
from tests.sync.upkeep.databases import add_facts

__all__ = ["live"]


@pytest.fixture
async def opened(tmp_path):
    """The replica of a desk."""
    replica.init(tmp_path / "desk", Author("LAB1-PC"))
    signer = keys.Signer.new()
    opened = await Replica.open(tmp_path / "desk", signer, signer.public_key)
    yield opened
    await opened.close()


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir()
    store = Store.create(folder / "register.db")
    Writer.init(store, Author("LAB1-PC"), os.urandom)
    (folder / "node.toml").write_text('code = "LAB1-PC"\n', encoding="utf-8")
    (folder / "signing-key.pem").write_text("the key", encoding="utf-8")
    add_facts(store, 300)
    yield store
    store.close()


@pytest.fixture
def source(store, tmp_path):
    return Source(tmp_path / "desk", "LAB1-PC", ("node.toml", "signing-key.pem"), ZONE)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


@pytest.fixture
def made(source, folder):
    return backup.make(source, folder, START_MS).path


@pytest.fixture
async def filled(tmp_path):
    """The settings of a desk that has ended, with a few people."""
    async with open_hub(tmp_path) as hub:
        desk = await new_desk(tmp_path, hub, "LAB1-PC", "710000-719999")
        async with desk.running(jobs=False):
            await desk.in_touch()
            for name in ("Amna", "Bilqis", "Zarmina"):
                await desk.register(full_name=name, offline=True)
        yield desk
