"""Who sits at the page, as a call of it says."""

from urllib.parse import quote

import pytest
from aiohttp.test_utils import make_mocked_request

from node.clerks.names import DeskClerks
from node.clerks.pins import PinFile
from node.clerks.sitting import HEADER, NAME_LENGTH_MAX, Sitting
from sync.http.callers.doing import UNATTENDED
from sync.http.callers.sessions import IDLE_S, Sessions
from sync.model.clerks.known import NOBODY, Doer, KnownBy
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author
from sync.rules.clerks import Clerk, Clerks

LAB = Author("LAB1-PC")
SADIA = Clerk(b"s" * 16, "Sadia Malik", None, 1, 1, removed=False, heads=())
URDU = Clerk(b"u" * 16, "سعدیہ", None, 0, 0, removed=False, heads=())


class Bench:
    def __init__(self, folder):
        self.now = 0.0
        self.list = Clerks({SADIA.id: SADIA, URDU.id: URDU}, True, ())
        self.pins = PinFile(folder, lambda: self.now)
        self.pins.keep([ClerkPin(SADIA.id, 1, "a hash")], {SADIA.id: SADIA})
        self.sessions = Sessions(lambda: self.now)
        clerks = DeskClerks(LAB, (), lambda: self.list, self.pins)
        self.sitting = Sitting(LAB, clerks, self.sessions)
        self.of, self.named = self.sitting.of, self.sitting.named

    def proof(self):
        """The cookie of a page at which Sadia has typed her PIN."""
        return {"Cookie": f"mrnmesh_clerk_LAB1-PC={self.sessions.begin(SADIA.id.hex(), 'a hash')}"}


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def call(name=None, **headers):
    named = {} if name is None else {HEADER: quote(name)}
    return make_mocked_request("GET", "/api/patients/1/", headers={**named, **headers})


@pytest.mark.parametrize("name", ["Sadia Malik", "سعدیہ"])
def test_a_name_of_the_list_is_chosen(bench, name):
    assert bench.of(call(name)) == Doer(name, KnownBy.CHOSEN)


def test_any_other_name_is_typed(bench):
    assert bench.of(call("Sadia malik")) == Doer("Sadia malik", KnownBy.TYPED)


@pytest.mark.parametrize("name", [None, "", " ", "a" * (NAME_LENGTH_MAX + 1), "a\0b"])
def test_a_call_may_name_nobody(bench, name):
    assert bench.of(call(name)) == NOBODY


def test_what_is_no_utf_8_names_nobody_on_the_list(bench):
    broken = make_mocked_request("GET", "/", headers={HEADER: "%ff%fe"})
    assert bench.of(broken) == Doer("\ufffd\ufffd", KnownBy.TYPED)


@pytest.mark.parametrize(
    ("address", "header", "name"),
    [
        ("/labels/?clerk=Sadia%20Malik&person=1", None, "Sadia Malik"),
        ("/labels/?clerk=100%25&person=1", None, "100%"),
        ("/labels/?clerk=Bilal", "Sadia%20Malik", "Sadia Malik"),
        ("/labels/?clerk=&person=1", None, None),
    ],
)
def test_a_page_to_print_has_the_name_in_its_address(bench, address, header, name):
    headers = {} if header is None else {HEADER: header}
    assert bench.of(make_mocked_request("GET", address, headers=headers)).name == name


def test_a_name_in_a_body_is_known_in_the_same_way(bench):
    assert bench.named(call(), "Sadia Malik") == Doer("Sadia Malik", KnownBy.CHOSEN)
    assert bench.named(call("Sadia Malik"), "Bilal") == Doer("Bilal", KnownBy.TYPED)
    assert bench.named(call("Sadia Malik"), None) == NOBODY


def test_whoever_has_typed_the_pin_is_known_by_it_and_nobody_else_is(bench):
    proof = bench.proof()
    assert bench.of(call("Sadia Malik", **proof)) == Doer("Sadia Malik", KnownBy.PIN)
    assert bench.of(call(**proof)) == Doer("Sadia Malik", KnownBy.PIN)
    assert bench.named(call(**proof), "Sadia Malik") == Doer("Sadia Malik", KnownBy.PIN)
    assert bench.of(call("سعدیہ", **proof)) == Doer("سعدیہ", KnownBy.CHOSEN)
    assert bench.named(call(**proof), "Bilal") == Doer("Bilal", KnownBy.TYPED)


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "mrnmesh_clerk_LAB1-PC=guessed"},
        {"Cookie": "mrnmesh_session=x"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:9999"},
    ],
)
def test_what_is_no_proof_of_this_page_proves_nothing(bench, headers):
    proof = bench.proof() | headers
    assert bench.of(call("Sadia Malik", **proof)) == Doer("Sadia Malik", KnownBy.CHOSEN)


@pytest.mark.parametrize(
    "change", [{"pin": 2}, {"pin": 0}, {"removed": True}, {"desks": frozenset()}]
)
def test_it_ends_when_the_pin_or_the_work_here_does(bench, change):
    proof = bench.proof()
    bench.list = Clerks({SADIA.id: SADIA._replace(**change)}, True, ())
    assert bench.of(call("Sadia Malik", **proof)).known is not KnownBy.PIN


def test_it_ends_when_nobody_does_anything_even_if_the_page_looks_by_itself(bench):
    proof = bench.proof()
    bench.now += IDLE_S - 1
    alone = call("Sadia Malik", **proof, **{UNATTENDED: "?1"})
    assert bench.of(alone).known is KnownBy.PIN
    bench.now += 1
    assert bench.of(alone).known is KnownBy.CHOSEN
