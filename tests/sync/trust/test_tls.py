"""TLS: version 1.3 only, a certificate from both sides, and no look at any clock."""

import asyncio.sslproto
import shutil
import ssl
import subprocess
import sys

import pytest

from sync.trust import tls
from sync.trust.authority import Authority
from sync.trust.credentials import AUTHORITY, CERTIFICATE, TLS_KEY, read_certificate
from tests.sync.trust.handshakes import HUB_KEY, Line, desk_folder, hub_folder


@pytest.fixture
def hub(tmp_path):
    return hub_folder(tmp_path / "hub")


@pytest.fixture
def desk(tmp_path, hub):
    return desk_folder(tmp_path / "lab", hub, "LAB1-PC")


def server(folder):
    trusted = [read_certificate(folder / AUTHORITY)]
    return tls.server(folder / CERTIFICATE, folder / TLS_KEY, trusted)


def client(folder):
    trusted = [read_certificate(folder / AUTHORITY)]
    return tls.client(folder / CERTIFICATE, folder / TLS_KEY, trusted)


def test_both_sides_show_a_certificate(hub, desk):
    line = Line(server(hub), client(desk)).shake()
    assert line.server.version() == line.client.version() == "TLSv1.3"
    assert line.server.getpeercert(True)
    assert line.client.getpeercert(True)


def test_a_client_without_a_certificate_is_refused(hub):
    trusted = [read_certificate(hub / AUTHORITY)]
    with pytest.raises(ssl.SSLError):
        Line(server(hub), tls.stranger(trusted)).shake()


def test_a_client_of_another_authority_is_refused(hub, tmp_path):
    other = hub_folder(tmp_path / "other")
    stranger = desk_folder(tmp_path / "stranger", other, "LAB1-PC")
    context = tls.client(
        stranger / CERTIFICATE, stranger / TLS_KEY, [read_certificate(hub / AUTHORITY)]
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        Line(server(hub), context).shake()


def test_a_server_of_another_authority_is_refused(desk, tmp_path):
    other = hub_folder(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError):
        Line(server(other), client(desk)).shake()


def test_older_versions_of_tls_are_refused(hub, desk):
    old = client(desk)
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        Line(server(hub), old).shake()


def test_an_open_server_takes_whoever_comes(hub):
    trusted = [read_certificate(hub / AUTHORITY)]
    context = tls.open_server(hub / CERTIFICATE, hub / TLS_KEY)
    line = Line(context, tls.stranger(trusted)).shake()
    assert not line.server.getpeercert(True)
    Line(context, tls.unverified()).shake()


def test_no_session_is_resumed(hub):
    assert server(hub).num_tickets == 0


_SHAKE = """
import sys, time
from pathlib import Path
from tests.sync.trust.test_tls import server, client
from tests.sync.trust.handshakes import Line
Line(server(Path(sys.argv[1])), client(Path(sys.argv[2]))).shake()
print(time.gmtime().tm_year)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no faketime")
@pytest.mark.parametrize("year", [1980, 2001, 2099])
def test_no_clock_breaks_a_connection(hub, desk, year):
    faketime = shutil.which("faketime")
    if faketime is None:  # then OpenSSL's own switch is looked at
        assert server(hub).verify_flags & tls.NO_CHECK_TIME
        assert client(desk).verify_flags & tls.NO_CHECK_TIME
        return
    command = [faketime, f"{year}-01-01 00:00:00", sys.executable, "-c", _SHAKE, hub, desk]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) in (year - 1, year)


def test_certificates_are_checked_strictly(hub, desk):
    for context in (server(hub), client(desk)):
        assert context.verify_flags & ssl.VERIFY_X509_STRICT


def test_a_connection_costs_a_small_buffer():
    tls.limit_buffers()
    assert asyncio.sslproto.SSLProtocol.max_size == tls.BUFFER_BYTES


def test_no_authority_means_that_nobody_is_trusted(hub, desk):
    context = tls.client(desk / CERTIFICATE, desk / TLS_KEY, [])
    with pytest.raises(ssl.SSLCertVerificationError):
        Line(server(hub), context).shake()
    assert Authority(hub, HUB_KEY).certificate
