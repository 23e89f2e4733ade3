"""The files of the authority for pages."""

import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from sync.errors import BadConfig
from sync.https import pages_authority


def test_it_is_made_once_and_read_after_that(tmp_path):
    made = pages_authority.ensure(tmp_path, ["hub"])
    assert pages_authority.ensure(tmp_path, ["other"]).pem == made.pem
    pages_authority.make(tmp_path, ["other"])
    assert pages_authority.read(tmp_path).pem != made.pem


@pytest.mark.skipif(sys.platform == "win32", reason="there the rights of the folder apply")
def test_only_its_owner_may_read_the_key(tmp_path):
    pages_authority.ensure(tmp_path, ["hub"])
    assert (tmp_path / pages_authority.KEY).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", [pages_authority.KEY, pages_authority.CERTIFICATE])
def test_what_cannot_be_used_is_named(tmp_path, name):
    pages_authority.ensure(tmp_path, ["hub"])
    (tmp_path / name).write_text("rubbish", encoding="utf-8")
    with pytest.raises(BadConfig, match=name):
        pages_authority.ensure(tmp_path, ["hub"])


def test_a_key_of_another_kind_is_refused(tmp_path):
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "key.pem").write_bytes(pem)
    with pytest.raises(BadConfig, match="another kind"):
        pages_authority.read_key(tmp_path / "key.pem")
