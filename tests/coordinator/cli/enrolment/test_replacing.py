"""The signing key of a stopped coordinator is replaced, also when that was interrupted."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil

import pytest

from coordinator import config, daemon
from coordinator.cli.enrolment import replacing
from coordinator.errors import FormerKeyUnknown, SigningKeyBegun
from sync.daemon.data_folder import KEY_FILE
from sync.engine import keys, replica
from sync.errors import BadConfig, BadOption, StoreLocked
from sync.protocol.questions import SignTails
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.trust import authority, credentials
from tests.daemons import new_hub

WHY = "a disk is missing"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A coordinator that has been at work, and has signed; and a copy of its folder."""
    folder = tmp_path_factory.mktemp("replacing")
    hub = new_hub(folder)

    async def work() -> None:
        async with hub.running(jobs=False):
            await hub.new_terminal("LAB1-PC", "710000-719999")
            await hub.replica.answer(SignTails())  # as when a desk comes

    asyncio.run(work())
    shutil.copytree(folder, folder / "copy")
    return hub.config, folder


@pytest.fixture
def settings(made):
    """Its settings, with its folder and its witness as they were."""
    config, folder = made
    shutil.rmtree(config.folder)
    shutil.copytree(folder / "copy" / "hub", config.folder)
    shutil.copy(folder / "copy" / config.witness.name, config.witness)
    return config


def of_database(settings, look):
    store = Store.open(settings.folder / replica.DATABASE)
    try:
        return look(store)
    finally:
        store.close()


def acts(settings):
    """What was done with the coordinator, by name."""
    rows = of_database(
        settings, lambda store: store.connection.execute("SELECT act, about FROM audit").fetchall()
    )
    return [row for row in rows if row[0].startswith("console.")]


async def runs_with(settings, key):
    """The coordinator starts with a key, and has one authority that is not of before."""
    async with daemon.opened(config.load(settings.folder)) as running:
        assert running._replica.public_key == key
        own = authority.Authority(settings.folder, key).certificate
        assert running._replica.registry.authorities == {own}
        return running._replica.registry.succession


@pytest.mark.parametrize("trusted", [True, False])
async def test_the_former_key_is_known_by_it_and_signs_nothing_any_more(settings, trusted):
    former = settings.signer().public_key
    key = replacing.replace(settings, trusted, WHY, None)
    assert key == config.load(settings.folder).signer().public_key != former
    found = await runs_with(settings, key)
    assert (found.former, found.trusted) == ({former}, {former} if trusted else frozenset())
    assert acts(settings) == [(replacing.ACT, "lost" if trusted else "stolen")]
    assert not (settings.folder / config.NEXT_SIGNING_KEY).exists()


@pytest.mark.parametrize("at", ["_say", "_take_place", "authority", "last"])
async def test_what_was_interrupted_goes_on_with_the_same_key(settings, at, monkeypatch):
    former = settings.signer().public_key
    with monkeypatch.context() as patched:
        target, name = {
            "_say": (replacing, "_say"),
            "_take_place": (replacing, "_take_place"),
            "authority": (authority, "make"),
            "last": (replacing.files, "replace"),
        }[at]
        moved = replacing.files.replace

        def pulled(*places):
            if at == "last" and places[-1].name != KEY_FILE:
                return moved(*places)
            raise OSError("the plug was pulled")

        patched.setattr(target, name, pulled)
        with pytest.raises(OSError, match="pulled"):
            replacing.replace(settings, False, WHY, None)
    begun = keys.Signer.load(settings.folder / config.NEXT_SIGNING_KEY).public_key
    with pytest.raises(SigningKeyBegun, match="signing-key replace"):
        async with daemon.opened(settings):
            pass
    assert replacing.replace(settings, False, WHY, None) == begun
    assert (await runs_with(settings, begun)).former == {former}
    assert acts(settings) == [(replacing.ACT, "stolen")]


@pytest.mark.parametrize("named", [True, False])
async def test_a_key_whose_file_is_gone_is_told_by_the_certificate_or_named(settings, named):
    former = settings.signer().public_key
    (settings.folder / KEY_FILE).unlink()
    if named:
        (settings.folder / credentials.CERTIFICATE).unlink()
        with pytest.raises(FormerKeyUnknown, match="--former"):
            replacing.replace(settings, True, WHY, None)
    key = replacing.replace(settings, True, WHY, former if named else None)
    assert (await runs_with(settings, key)).trusted == {former}


async def test_what_was_interrupted_goes_on_where_no_file_tells_the_former_key(
    settings, monkeypatch
):
    former = settings.signer().public_key
    (settings.folder / KEY_FILE).unlink()

    def pulled(*_):
        raise OSError("the plug was pulled")

    with monkeypatch.context() as patched:
        patched.setattr(authority, "make", pulled)
        with pytest.raises(OSError, match="pulled"):
            replacing.replace(settings, True, WHY, None)
    assert not (settings.folder / credentials.CERTIFICATE).exists()
    key = replacing.replace(settings, True, WHY, None)
    assert (await runs_with(settings, key)).trusted == {former}


async def test_a_key_that_has_signed_nothing_here_is_not_the_only_former_one(settings):
    (settings.folder / KEY_FILE).unlink()
    (settings.folder / credentials.CERTIFICATE).unlink()
    with pytest.raises(FormerKeyUnknown):
        replacing.replace(settings, True, WHY, bytes(32))
    assert not replacing.has_begun(settings.folder)


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("here_trusted", [True, False])
async def test_a_key_that_came_after_the_backup_is_named_beside_the_one_that_is_here(
    settings, trusted, here_trusted
):
    """A backup of before the last replacement brought back the key of before."""
    here, later = settings.signer().public_key, b"\1" * 32
    key = replacing.replace(settings, trusted, WHY, later, here_trusted)
    found = await runs_with(settings, key)
    assert found.former == {here, later}
    assert found.trusted == {
        key for key, is_so in ((here, here_trusted), (later, trusted)) if is_so
    }
    assert any(fact.ends for fact in found.said) != (trusted and here_trusted)


async def test_why_the_later_key_took_the_place_of_the_one_that_is_here_has_to_be_said(settings):
    """If that one was stolen, what a thief wrote with it at desks must not count for a moment."""
    with pytest.raises(BadOption, match="--here"):
        replacing.replace(settings, True, WHY, b"\1" * 32)
    assert not replacing.has_begun(settings.folder)


async def test_a_key_that_was_lost_and_is_found_with_a_thief_later_counts_no_more(settings):
    first = settings.signer().public_key
    second = replacing.replace(settings, True, WHY, None)
    third = replacing.replace(settings, False, WHY, first)
    found = await runs_with(settings, third)
    assert (found.former, found.trusted) == ({first, second}, frozenset())


async def test_what_was_begun_as_lost_can_be_ended_as_stolen(settings, monkeypatch):
    former = settings.signer().public_key

    def pulled(*_):
        raise OSError("the plug was pulled")

    with monkeypatch.context() as patched:
        patched.setattr(replacing, "_take_place", pulled)
        with pytest.raises(OSError, match="pulled"):
            replacing.replace(settings, True, WHY, None)
    found = await runs_with(settings, replacing.replace(settings, False, WHY, None))
    assert (found.former, found.trusted) == ({former}, frozenset())
    assert acts(settings) == [(replacing.ACT, "lost"), (replacing.ACT, "stolen")]


async def test_a_full_disk_leaves_no_half_of_a_next_key(settings, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            replacing.replace(settings, True, WHY, None)
    assert not replacing.has_begun(settings.folder)
    await runs_with(settings, replacing.replace(settings, True, WHY, None))


async def test_a_running_coordinator_is_left_alone(settings):
    lock = FolderLock(settings.folder)
    for act in (
        lambda: replacing.replace(settings, True, WHY, None),
        lambda: replacing.replace_authority(settings, WHY),
    ):
        with pytest.raises(StoreLocked):
            act()
    lock.release()


async def test_an_authority_that_is_lost_is_made_anew_and_the_signing_key_stays(settings):
    key = settings.signer().public_key
    (settings.folder / authority.AUTHORITY_KEY).unlink()
    with pytest.raises(BadConfig):
        async with daemon.opened(settings):
            pass
    replacing.replace_authority(settings, WHY)
    assert (await runs_with(settings, key)).former == frozenset()
    assert acts(settings) == [(replacing.AUTHORITY_ACT, "")]
