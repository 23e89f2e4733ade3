"""Sealed keys: opened by the recovery key only, which people type."""

import pytest

from sync.errors import BadConfig, BadRecoveryKey
from sync.trust import sealing

SECRET = b"-----BEGIN PRIVATE KEY-----"


@pytest.fixture
def text(tmp_path):
    return sealing.new_recovery_key(tmp_path)


@pytest.fixture
def sealed(tmp_path, text):
    return sealing.seal(sealing.public_key(tmp_path), SECRET)


def test_what_was_sealed_is_opened_by_the_key(text, sealed):
    assert SECRET not in sealed
    assert sealing.opened(text, sealed) == SECRET
    assert sealing.opened(text.lower().replace("-", " "), sealed) == SECRET


def test_the_key_itself_stays_nowhere(tmp_path, text):
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*"))
    assert text.encode() not in kept
    assert len(kept.strip()) == 64


def test_another_key_does_not_open_it(tmp_path, sealed):
    other = sealing.new_recovery_key(tmp_path)
    with pytest.raises(BadRecoveryKey, match="not the one that was in use"):
        sealing.opened(other, sealed)


@pytest.mark.parametrize("at", [0, 1, 20, 40, -1])
def test_what_was_changed_is_not_opened(text, sealed, at):
    changed = bytearray(sealed)
    changed[at] ^= 1
    with pytest.raises(BadRecoveryKey):
        sealing.opened(text, bytes(changed))


@pytest.mark.parametrize("cut", [0, 1, 10, 33, 40])
def test_what_was_cut_is_not_opened(text, sealed, cut):
    with pytest.raises(BadRecoveryKey):
        sealing.opened(text, sealed[:cut])


def test_a_mistyped_key_says_so(text, sealed):
    wrong = ("1" if text[0] != "1" else "2") + text[1:]
    for typed, why in ((wrong, "a character is wrong"), (text + "!", "in no code"), ("", "wrong")):
        with pytest.raises(BadRecoveryKey, match=why):
            sealing.opened(typed, sealed)


def test_the_same_is_sealed_differently_each_time(tmp_path, text):
    public = sealing.public_key(tmp_path)
    assert sealing.seal(public, SECRET) != sealing.seal(public, SECRET)
    assert sealing.opened(text, sealing.seal(public, SECRET)) == SECRET


def test_a_folder_without_a_recovery_key_seals_nothing(tmp_path):
    assert sealing.public_key(tmp_path) is None


@pytest.mark.parametrize("content", ["", "nothing", "00" * 31])
def test_a_file_without_a_key_is_named(tmp_path, content):
    (tmp_path / sealing.PUBLIC_FILE).write_text(content)
    with pytest.raises(BadConfig, match=sealing.PUBLIC_FILE):
        sealing.public_key(tmp_path)
