"""The certificate that is shown: renewed in time, with new addresses, and with new files."""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization

from sync.errors import BadConfig
from sync.https import issuing, pages_authority
from sync.https.certificates import CERTIFICATE, Certificates
from sync.https.issuing import ServerNames
from sync.trust.certificates import new_key

LAN = ipaddress.ip_address("192.168.1.5")


class Computer:
    """A clock, and the names of a computer."""

    def __init__(self):
        self.now = datetime(2026, 11, 28, tzinfo=UTC)
        self.names = ServerNames(frozenset({"hub", "localhost"}), frozenset({LAN}))

    def find(self, _named):
        return self.names


@pytest.fixture
def computer():
    return Computer()


@pytest.fixture
def opened(tmp_path, computer):
    def open_(own=None, hosts=("hub",)):
        return Certificates(tmp_path, hosts, own, lambda: computer.now, computer.find)

    return open_


def file_of(folder):
    return (folder / CERTIFICATE).read_bytes()


def test_old_versions_of_tls_are_refused_and_nobody_renegotiates(opened):
    context = opened().server
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_RENEGOTIATION


async def test_it_stays_while_nothing_changes_also_after_a_restart(tmp_path, opened):
    certificates = opened()
    first, context = file_of(tmp_path), certificates.server
    await certificates.look()
    assert (file_of(tmp_path), certificates.server) == (first, context)
    opened()
    assert file_of(tmp_path) == first
    assert sorted(certificates.header_names()) == ["192.168.1.5", "hub", "localhost"]


async def test_it_is_renewed_before_it_ends(tmp_path, computer, opened):
    certificates = opened()
    first, context = file_of(tmp_path), certificates.server
    computer.now += timedelta(days=340)
    await certificates.look()
    assert file_of(tmp_path) != first
    assert certificates.server is not context
    assert certificates.alarms() == []


async def test_new_addresses_get_into_a_new_one(computer, opened):
    certificates = opened()
    computer.names = computer.names._replace(
        addresses=frozenset({ipaddress.ip_address("10.0.0.7"), ipaddress.ip_address("8.8.8.8")})
    )
    await certificates.look()
    assert certificates.names.addresses == {ipaddress.ip_address("10.0.0.7")}, "and no public one"


async def test_names_that_the_authority_was_not_made_for_are_said(tmp_path, computer, opened):
    certificates = opened()
    computer.names = computer.names._replace(hosts=frozenset({"hub", "new-name"}))
    await certificates.look()
    (alarm,) = certificates.alarms()
    assert (alarm.code, "new-name" in alarm.text) == ("https_names", True)
    assert certificates.names.hosts == {"hub"}
    pages_authority.make(tmp_path, ["hub", "new-name"])
    await certificates.look()
    assert certificates.names.hosts == {"hub", "new-name"}
    assert certificates.alarms() == []


@pytest.fixture
def own(tmp_path, computer):
    """Writes a certificate of the clinic's own, and its key."""
    certificate, key = tmp_path / "own.crt", tmp_path / "own.key"

    def write(name, wrong_key=False):
        root, leaf = new_key(), new_key()
        names = ServerNames(frozenset({name}), frozenset())
        authority = issuing.new_authority(root, [name.removeprefix("*.")])
        made = issuing.issue(authority, root, leaf.public_key(), names, computer.now)
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        key.write_bytes(pages_authority.key_pem(root if wrong_key else leaf))
        for path in (certificate, key):  # so that it is seen, however coarse the file system is
            os.utime(path, ns=(0, len(name)))
        return certificate, key

    return write


async def test_the_clinics_own_goes_before_all_and_is_read_anew(tmp_path, opened, own):
    certificates = opened(own("register.example"))
    assert certificates.names.hosts == {"register.example"}
    assert not (tmp_path / CERTIFICATE).exists()
    context = certificates.server
    own("new.register.example")
    await certificates.look()
    assert certificates.names.hosts == {"new.register.example"}
    assert certificates.server is not context


async def test_of_a_certificate_for_many_names_those_in_the_settings_are_answered(opened, own):
    files = own("*.clinic.example")
    named = opened(files, hosts=("register.clinic.example", "a.b.clinic.example", "hub"))
    assert named.header_names() == ["register.clinic.example"]
    assert opened(files, hosts=()).header_names() == []


async def test_a_wrong_new_file_leaves_the_former_one_and_an_alarm(opened, own):
    files = own("register.example")
    certificates = opened(files)
    own("other", wrong_key=True)
    await certificates.look()
    assert certificates.names.hosts == {"register.example"}
    (alarm,) = certificates.alarms()
    assert alarm.code == "https_certificate"
    assert "do not belong together" in alarm.text
    files[0].unlink()
    await certificates.look()
    assert certificates.alarms()
    own("third.example")
    await certificates.look()
    assert certificates.alarms() == []


def test_files_that_cannot_be_used_are_named_at_the_start(tmp_path, opened, own):
    with pytest.raises(BadConfig, match="do not belong together"):
        opened(own("register.example", wrong_key=True))
    with pytest.raises(BadConfig, match=r"missing\.crt"):
        opened((tmp_path / "missing.crt", tmp_path / "own.key"))


async def test_one_whose_time_is_over_is_said(computer, opened, own):
    certificates = opened(own("register.example"))
    computer.now += timedelta(days=400)
    (alarm,) = certificates.alarms()
    assert "its time is over" in alarm.text
