"""Keys are kept where only their owner reads them; a signature is for one key and one text."""

from __future__ import annotations

import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from sync.engine import keys
from sync.engine.keys import Signer
from sync.errors import BadConfig

SEED = bytes(range(32))
TEXT = b"mrnmesh run 1"


def test_a_signature_is_verified():
    signer = Signer.new()
    signature = signer.sign(TEXT)
    assert len(signature) == 64
    assert len(signer.public_key) == 32
    assert keys.verify(signer.public_key, signature, TEXT)


def test_another_key_text_or_signature_is_not():
    signer, other = Signer.from_seed(SEED), Signer.from_seed(bytes(32))
    signature = signer.sign(TEXT)
    assert not keys.verify(other.public_key, signature, TEXT)
    assert not keys.verify(signer.public_key, signature, TEXT + b"\0")
    assert not keys.verify(signer.public_key, signature, b"")
    assert not keys.verify(signer.public_key, other.sign(TEXT), TEXT)
    for at in range(64):
        changed = bytearray(signature)
        changed[at] ^= 1
        assert not keys.verify(signer.public_key, bytes(changed), TEXT)


@pytest.mark.parametrize("size", [0, 1, 31, 33, 63, 65, 1000])
def test_keys_and_signatures_of_a_wrong_size_verify_nothing(size):
    signer = Signer.from_seed(SEED)
    assert not keys.verify(bytes(size), signer.sign(TEXT), TEXT)
    assert not keys.verify(signer.public_key, bytes(size), TEXT)


def test_the_test_vectors_of_rfc_8032():
    """Section 7.1, test 2."""
    signer = Signer.from_seed(
        bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    )
    assert signer.public_key == bytes.fromhex(
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    )
    assert signer.sign(b"\x72") == bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_each_new_key_is_another():
    assert len({Signer.new().public_key for _ in range(5)}) == 5


def test_a_key_is_the_same_after_it_was_saved(tmp_path):
    path = tmp_path / "signing.pem"
    signer = Signer.new()
    signer.save(path)
    again = Signer.load(path)
    assert again.public_key == signer.public_key
    assert keys.verify(signer.public_key, again.sign(TEXT), TEXT)


@pytest.mark.skipif(sys.platform == "win32", reason="its folder has the rights there")
def test_only_its_owner_can_read_a_saved_key(tmp_path):
    path = tmp_path / "signing.pem"
    Signer.new().save(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_is_never_written_over(tmp_path):
    path = tmp_path / "signing.pem"
    first = Signer.new()
    first.save(path)
    with pytest.raises(FileExistsError):
        Signer.new().save(path)
    assert Signer.load(path).public_key == first.public_key


@pytest.mark.parametrize("content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_file_without_a_key_is_named(tmp_path, content):
    path = tmp_path / "signing.pem"
    path.write_bytes(content)
    with pytest.raises(BadConfig) as caught:
        Signer.load(path)
    assert caught.value.facts["path"] == path


def test_a_missing_key_is_named(tmp_path):
    with pytest.raises(BadConfig, match="cannot be read"):
        Signer.load(tmp_path / "signing.pem")


def test_a_key_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "signing.pem"
    path.write_bytes(
        generate_private_key(SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(BadConfig, match="a key of another kind"):
        Signer.load(path)
