"""Who is trusted: by the authorities that the registry has now, and of this facility only."""

import pytest

from sync.engine.keys import Signer
from sync.errors import BadCertificate, BadConfig
from sync.model.facts import COORDINATOR
from sync.trust import certificates, credentials
from sync.trust.authority import Authority
from sync.trust.credentials import Credentials, TrustedAuthorities
from tests.sync.trust.handshakes import HUB_KEY, Line, desk_folder, hub_folder

FACILITY = certificates.facility_of(HUB_KEY)


@pytest.fixture
def hub(tmp_path):
    return hub_folder(tmp_path / "hub")


@pytest.fixture
def desk(tmp_path, hub):
    return desk_folder(tmp_path / "lab", hub, "LAB1-PC")


def of(folder, standing=TrustedAuthorities, facility=FACILITY):
    return Credentials(folder, facility, standing)


def test_coordinator_and_desk_know_each_other(hub, desk):
    one, other = of(hub), of(desk)
    line = Line(one.server, other.client).shake()
    at_hub, at_desk = one.peer(line.server), other.peer(line.client)
    assert (at_hub.subject.author, at_desk.subject.author) == ("LAB1-PC", COORDINATOR)
    assert (at_hub.fingerprint, at_desk.fingerprint) == (other.fingerprint, one.fingerprint)


def test_two_desks_know_each_other(hub, desk, tmp_path):
    ward = of(desk_folder(tmp_path / "ward", hub, "WARD-PC"))
    line = Line(ward.server, of(desk).client).shake()
    assert ward.peer(line.server).subject.author == "LAB1-PC"


def test_before_the_first_sync_the_authority_of_the_enrolment_counts(desk):
    own = credentials.read_certificate(desk / credentials.AUTHORITY)
    assert of(desk).authorities == {own}


def test_the_registry_decides_which_authorities_count_on_each_connection(hub, desk):
    first = Authority(hub, HUB_KEY).certificate
    second = certificates.new_authority(certificates.new_key(), FACILITY)
    valid, withdrawn = {first}, set()
    one = of(hub, lambda: TrustedAuthorities(frozenset(valid), frozenset(withdrawn)))
    other = of(desk)
    line = Line(one.server, other.client).shake()
    assert one.peer(line.server).subject.author == "LAB1-PC"
    valid.add(second)
    assert one.peer(Line(one.server, other.client).shake().server)
    withdrawn.add(first)
    with pytest.raises(BadCertificate, match="another authority"):
        one.peer(line.server)  # whose handshake was before that


def test_a_certificate_of_another_facility_names_nobody_here(hub, desk):
    one = of(hub, facility="0" * 32)
    line = Line(one.server, of(desk).client).shake()
    with pytest.raises(BadCertificate, match="another facility"):
        one.peer(line.server)


def test_a_connection_without_tls_names_nobody(hub):
    with pytest.raises(BadCertificate, match="there is none"):
        of(hub).peer(None)


def test_contexts_are_made_once_for_the_same_authorities(hub):
    one = of(hub)
    assert one.server is one.server
    assert one.client is one.client


def test_a_folder_without_a_certificate_is_not_enrolled(hub, desk, tmp_path):
    assert credentials.are_there(hub)
    assert credentials.are_there(desk)
    assert not credentials.are_there(tmp_path)


def test_a_key_that_does_not_belong_to_the_certificate_is_named(desk):
    credentials.write_key(desk / credentials.TLS_KEY, certificates.new_key())
    with pytest.raises(BadConfig, match="does not belong"):
        of(desk)


@pytest.mark.parametrize("name", credentials.FILES)
def test_a_missing_file_is_named(desk, name):
    (desk / name).unlink()
    with pytest.raises(BadConfig):
        of(desk)
    with pytest.raises(BadConfig, match=name):
        (credentials.read_key if "key" in name else credentials.read_certificate)(desk / name)


def test_a_key_of_another_kind_is_refused(desk):
    (desk / credentials.TLS_KEY).unlink()
    Signer.new().save(desk / credentials.TLS_KEY)
    with pytest.raises(BadConfig, match="another kind"):
        credentials.read_key(desk / credentials.TLS_KEY)
