"""Computers of their own on a network: enrolment, sync, strangers, a cut, a new address.

Each host is a network namespace, and everything is done with the commands. It takes root on Linux.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import pytest

from sync.model.numbers import NumberRange
from sync.trust import codes
from tests.e2e.computers import PERSON, PHONE, Desk, Hub, carried
from tests.e2e.lan import CommandFailed, until

WRONG_BY_S = -26 * 365 * 86_400


@pytest.fixture(scope="module")
def wire(lan):
    """What passes the switch, from before the first word on."""
    file = lan.folder / "wire"
    lan.watcher().capture(file)
    return file


@pytest.fixture(scope="module")
def hub(lan, wire):
    return Hub(lan.host("hub", "10.77.0.1"))


@pytest.fixture(scope="module")
def code(hub):
    return hub.code("LAB1-PC")


@pytest.fixture(scope="module")
def lab(lan, hub, code):
    """A desk on another computer, enrolled with what was printed and nothing else."""
    desk = Desk(lan.host("lab", "10.77.0.2"))
    assert codes.parse(code).host == "10.77.0.1"
    assert "This computer is LAB1-PC now" in desk.enrol(code)
    desk.start()
    until("it takes numbers from the coordinator", desk.is_online)
    return desk


def test_a_desk_on_another_computer_registers_and_is_confirmed(hub, lab):
    before = hub.confirmed()
    until("it is online", lambda: lab.numbered_online(PERSON["full_name"]))
    until("the coordinator has confirmed it", lambda: hub.confirmed() > before)


def test_the_apis_are_reached_from_no_other_computer(hub, lab):
    for host, url in ((lab.host, "http://10.77.0.1:8470"), (hub.host, "http://10.77.0.2:8480")):
        with pytest.raises(CommandFailed, match="refused"):
            host.call("GET", f"{url}/api/health/")


def test_a_computer_without_a_certificate_hears_nothing_at_the_ports_for_sync(lan, hub, lab):
    stranger = lan.host("stranger", "10.77.0.9")
    for url in ("http://10.77.0.1:8471/sync", "http://10.77.0.2:8481/sync"):
        with pytest.raises(CommandFailed, match=r"RemoteDisconnected|reset|closed"):
            stranger.call("GET", url)


@pytest.fixture(scope="module")
def ward(lan, hub, lab):
    """A bare computer with what was read to its technician over the telephone.

    Nobody says where the coordinator is, and a false one with an authority of its own, which lets
    desks in too, is on the network. Its battery is empty, so its clock stands in the year 2000.
    """
    false = Hub(lan.host("mallory", "10.77.0.66"))
    false.code("WARD-PC")
    desk = Desk(lan.host("ward", "10.77.0.3"))
    if not desk.host.set_clock(WRONG_BY_S):
        print("LEFT OUT: a desk with a wrong date, because there is no cc", file=sys.__stderr__)
    long = hub.code("WARD-PC")
    with pytest.raises(CommandFailed, match="is not the coordinator that the code comes from"):
        desk.enrol(long, "--coordinator", "10.77.0.66")
    assert "This computer is WARD-PC now" in desk.enrol(hub.code("WARD-PC", "--short"))
    log = (false.host.folder / "stderr.log").read_text(encoding="utf-8")
    assert codes.parse(long).secret.hex() not in log
    false.host.stop()
    desk.start()
    until("it takes numbers from the coordinator", desk.is_online)
    return desk


def test_a_short_code_leads_a_bare_computer_to_the_right_coordinator(ward):
    until("it is online", lambda: ward.numbered_online("Palwasha Telephone Test"))


def test_a_desk_whose_clock_stands_in_another_year_takes_part(hub, ward):
    """No certificate has a date that counts, and it believes the time that others say."""
    log = (ward.host.folder / "desk" / "logs" / "node.log").read_text(encoding="utf-8")
    if ward.host.variables:
        assert int(log[:4]) < 2010
    before = hub.confirmed()
    mrn = until("it is online", lambda: ward.numbered_online("Zarghuna Calendar Test"))
    assert mrn[4:8] == str(datetime.now(UTC).year)
    until("it is confirmed", lambda: hub.confirmed() > before)


def test_desks_find_each_other_and_sync_without_the_coordinator(hub, lab, ward):
    """Nobody has told them of each other."""
    hub.host.unplug()
    assert lab.register("Gulalai Partition Test").isdigit()
    until("it is known at the other desk", lambda: ward.knows("Gulalai Partition Test"))
    hub.host.plug()


def test_a_router_that_gives_everybody_a_new_address_keeps_nobody_from_working(hub, lab, ward):
    """The settings of all of them name addresses at which nobody answers any more."""
    for number, host in enumerate((hub.host, lab.host, ward.host)):
        host.move_to(f"10.77.0.{100 + number}")
    before = hub.confirmed()
    for desk in (lab, ward):
        until("it is online again", desk.is_online)
    ward.register("Spogmai Router Test")
    until("it is confirmed", lambda: hub.confirmed() > before)
    until("it is known at the other desk", lambda: lab.knows("Spogmai Router Test"))


def test_a_network_with_ipv6_alone_is_as_good(hub, lab, ward):
    """At first nobody gives out addresses, and there are those of the interfaces alone."""
    for network in ("", "fd77::"):
        for number, host in enumerate((hub.host, lab.host, ward.host)):
            host.move_to(network and f"{network}{100 + number}")
        until("it is online", lambda: ward.numbered_online("Torpekai Six Test"))
    until("it is online", lab.is_online)


def test_the_doctor_has_desks_try_the_ports(hub, lab, ward):
    found = json.loads(hub.command("doctor", "--json"))["findings"]
    (ports,) = (one for one in found if one["check"] == "ports from outside")
    assert ports["level"] == "ok"
    assert "8471 (sync), 8472 (codes): reached from" in ports["found"]
    assert "LAB1-PC" in ports["found"]


def test_nothing_that_was_said_can_be_read_on_the_wire(hub, lab, ward, wire, code):
    mrn = lab.register("Spozhmai Capture Test")
    until("it is confirmed", lambda: hub.status()["pending"] == 0)
    seen = wire.read_bytes()
    assert len(seen) > 20_000
    assert b"\x16\x03\x01" in seen, "handshakes of TLS"
    parsed = codes.parse(code)
    for said in (
        PERSON["full_name"],
        "Gulalai",
        "Spozhmai",
        "Palwasha",
        "Spogmai",
        mrn,
        PHONE,
        "7654321",
        code,
    ):
        assert said.encode() not in seen
    for secret in (parsed.secret, parsed.secret.hex().encode()):
        assert secret not in seen
    assert b"PRIVATE KEY" not in seen
    for desk in (b"LAB1-PC", b"WARD-PC"):  # certificates are encrypted in TLS 1.3
        assert desk not in seen
    assert b"_mrnmesh" in seen, "they announce themselves, under names that say nothing"


def test_a_folder_that_wakes_up_on_another_computer_gives_no_number_until_it_is_enrolled(
    lan, hub, lab
):
    """Its machine id is not the one that the witness was written under."""
    lab.host.stop()
    attic = carried(lab, lan.host("attic", "fd77::50"))
    attic.host.unplug()
    attic.start()
    before = attic.ranges()
    with pytest.raises(CommandFailed, match="moved or copied here"):
        attic.register("Attic Copy Test")
    attic.host.stop()
    attic.host.plug()
    code = hub.code("LAB1-PC")
    assert codes.parse(code).host == hub.host.address, "of no network that attic is in"
    assert "This computer is LAB1-PC now" in attic.enrol(code)
    attic.start()
    until("it takes numbers from the coordinator", attic.is_online)
    until("it has a block of its own", lambda: set(attic.ranges()) - set(before))
    attic.host.unplug()
    fresh = until("it gives one of them", lambda: attic.register("Attic Enrolled Test"))
    assert any(int(fresh) in NumberRange.parse(one) for one in attic.ranges())
    assert not any(int(fresh) in NumberRange.parse(one) for one in before)
