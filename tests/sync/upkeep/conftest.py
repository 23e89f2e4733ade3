"""A desk's data folder with 300 facts, and a backup of it."""

import asyncio
import os
import shutil

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
from tests.daemons.running import Desk, Hub, desk_cut_off, new_desk, open_hub
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


class Made:
    """A coordinator and a desk that were made once and have ended, with all their files.

    Each test finds the files as they were then, at the same place, which their settings name.
    """

    def __init__(self, folder, make):
        self._folder = folder / "used"
        self._kept = folder / "kept"
        self._folder.mkdir()
        self._hub, self._desk = asyncio.run(make(self._folder))
        shutil.copytree(self._folder, self._kept)

    def put_back(self):
        """(coordinator, desk), neither at work."""
        shutil.rmtree(self._folder)
        shutil.copytree(self._kept, self._folder)
        return Hub(self._hub.config, self._hub.token), Desk(self._desk.config)


async def make_filled(folder):
    async with open_hub(folder) as hub:
        desk = await new_desk(folder, hub, "LAB1-PC", "710000-719999")
        async with desk.running(jobs=False):
            await desk.in_touch()
            for name in ("Amna", "Bilqis", "Zarmina"):
                await desk.register(full_name=name, offline=True)
    return hub, desk


async def make_cut_off(folder):
    async with open_hub(folder) as hub:
        return hub, await desk_cut_off(folder, hub)


@pytest.fixture(scope="session")
def made_filled(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("filled"), make_filled)


@pytest.fixture(scope="session")
def made_cut_off(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("cut-off"), make_cut_off)


@pytest.fixture
def filled(made_filled):
    """A desk that has ended, with a few people, whose coordinator has ended too."""
    return made_filled.put_back()[1]


@pytest.fixture
def cut_off(made_cut_off):
    """(coordinator, desk) that have ended; only the desk has three people."""
    return made_cut_off.put_back()


@pytest.fixture
def alone(cut_off):
    """That desk."""
    return cut_off[1]


@pytest.fixture
async def its_hub(cut_off):
    """The coordinator of that desk, at work."""
    async with cut_off[0].running(jobs=False) as hub:
        yield hub
