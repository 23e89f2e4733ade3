"""The coordinator's authority: made once, in files that only their owner reads."""

import contextlib
import stat
import sys

import pytest

from sync.errors import AuthorityLocked, BadConfig, WrongPassphrase
from sync.model.facts import COORDINATOR, Author
from sync.storage import files
from sync.trust import authority, certificates, credentials, tls
from sync.trust.authority import Authority, Issuer

KEY = bytes(range(32))


@pytest.fixture
def folder(tmp_path):
    authority.make(tmp_path, KEY)
    return tmp_path


def test_it_has_a_certificate_of_its_own_and_issues_one_to_the_coordinator(folder):
    made = Authority(folder, KEY)
    own = credentials.read_certificate(folder / credentials.CERTIFICATE)
    assert certificates.is_issued_by(own, made.certificate)
    assert certificates.subject_of(own) == (made.facility, COORDINATOR, KEY)


def test_its_files_are_for_their_owner_only(folder):
    Issuer(folder, KEY).make_next()
    assert {path.name for path in folder.iterdir()} == set(authority.FILES)
    if sys.platform != "win32":
        for path in folder.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_made_once(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    authority.make(folder, KEY)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_was_interrupted_is_made_anew(folder):
    (folder / credentials.CERTIFICATE).unlink()
    authority.make(folder, KEY)
    own = credentials.read_certificate(folder / credentials.CERTIFICATE)
    assert certificates.is_issued_by(own, Authority(folder, KEY).certificate)


def test_it_issues_to_desks(folder):
    made = Authority(folder, KEY)
    tls_key = certificates.public_bytes(certificates.new_key())
    leaf = made.issue(Author("LAB1-PC"), bytes(32), tls_key)
    assert certificates.is_issued_by(leaf, made.certificate)
    assert certificates.subject_of(leaf).author == "LAB1-PC"
    assert made.fingerprint == certificates.fingerprint(made.certificate)


@pytest.mark.parametrize("name", [authority.AUTHORITY_KEY, credentials.AUTHORITY])
def test_a_file_that_cannot_be_read_is_named(folder, name):
    (folder / name).write_text("nothing")
    with pytest.raises(BadConfig, match=name):
        Authority(folder, KEY)
    (folder / name).unlink()
    with pytest.raises(BadConfig, match=name):
        Authority(folder, KEY)


def test_the_next_one_takes_the_place_of_the_one_in_use(folder):
    issuer = Issuer(folder, KEY)
    before = issuer.current.certificate
    assert issuer.renewing is issuer.current
    issuer.make_next()
    next_ = issuer.next.certificate
    assert issuer.current.certificate == before
    assert Issuer(folder, KEY).next.certificate == next_, "also after a restart"
    issuer.take_next()
    assert (issuer.current.certificate, issuer.next) == (next_, None)
    own = credentials.read_certificate(folder / credentials.CERTIFICATE)
    assert certificates.is_issued_by(own, next_)


# a passphrase


SECRET = "correct horse"


@pytest.fixture
def protected(folder):
    issuer = Issuer(folder, KEY)
    issuer.protect(SECRET)
    issuer.lock()
    return issuer


def issue(issuer):
    tls_key = certificates.public_bytes(certificates.new_key())
    return issuer.current.issue(Author("LAB1-PC"), bytes(32), tls_key)


def test_a_locked_authority_issues_nothing_until_its_passphrase_is_given(protected, folder):
    assert protected.current.is_locked
    assert b"ENCRYPTED PRIVATE KEY" in (folder / authority.AUTHORITY_KEY).read_bytes()
    with pytest.raises(AuthorityLocked):
        issue(protected)
    with pytest.raises(WrongPassphrase):
        protected.unlock("correct house")
    assert protected.current.is_locked
    protected.unlock(SECRET)
    assert issue(protected)
    protected.lock()
    assert protected.current.is_locked
    assert Issuer(folder, KEY).current.is_locked, "also after a restart"


def test_the_passphrase_is_changed_and_taken_away_only_by_who_knows_it(protected, folder):
    for new in (None, "another one"):
        with pytest.raises(AuthorityLocked):
            protected.protect(new)
    protected.unlock(SECRET)
    protected.protect("another one")
    protected.lock()
    with pytest.raises(WrongPassphrase):
        protected.unlock(SECRET)
    protected.unlock("another one")
    protected.protect(None)
    assert not Issuer(folder, KEY).current.is_locked


def test_the_next_one_is_locked_with_the_same_passphrase(protected, folder):
    with pytest.raises(AuthorityLocked):
        protected.make_next()
    protected.unlock(SECRET)
    protected.make_next()
    protected.protect("another one")
    protected.lock()
    assert protected.next.is_locked
    protected.take_next()
    assert protected.current.is_locked
    protected.unlock("another one")
    own = credentials.read_certificate(folder / credentials.CERTIFICATE)
    assert certificates.is_issued_by(own, protected.current.certificate)


def test_an_authority_without_a_passphrase_is_never_locked(folder):
    issuer = Issuer(folder, KEY)
    issuer.lock()
    issuer.unlock("whatever")
    assert issue(issuer)


@pytest.mark.parametrize("removed", range(len(authority.FILES) + 1))
def test_one_that_is_made_anew_is_whole_at_the_next_start_whenever_the_power_goes(
    folder, monkeypatch, removed
):
    Issuer(folder, KEY).make_next()
    remove, left = files.remove, iter(range(removed))

    def pulled(path):
        next(left)
        remove(path)

    with monkeypatch.context() as patched:
        patched.setattr(files, "remove", pulled)
        with contextlib.suppress(StopIteration):
            authority.make_anew(folder, KEY)
    authority.make(folder, KEY)  # as each start does
    tls.open_server(folder / credentials.CERTIFICATE, folder / credentials.TLS_KEY)
    made = Issuer(folder, KEY)
    own = credentials.read_certificate(folder / credentials.CERTIFICATE)
    assert certificates.is_issued_by(own, made.current.certificate)
    assert (made.next is None) == (removed > 0)
