"""When people were registered and corrected: told alike by every answer, whatever is believed."""

from __future__ import annotations

import ast
import random
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from coordinator.importing.take import take_people
from coordinator.judging import pairs, requests
from coordinator.judging.merging import Decider, Pair
from coordinator.registry.disbelief import believe_again, disbelieve
from node.asking import RecordWish, ask
from sync.engine.issuing import Issued
from sync.engine.records import sheets
from sync.http.merging import asked
from sync.http.paper.sheets import sheet_in
from sync.model import facts
from sync.model.clerks.known import Doer
from sync.model.demographics import PossibleTimes
from sync.model.facts import COORDINATOR, Action, FactId, RecordAct, RecordId
from sync.model.formats import iso_utc_of_ms, time_of_ms
from sync.model.numbers import Mrn
from sync.reading.answers import PeopleQuery
from sync.reading.conflicts import ConflictFilter
from sync.reading.desk_day import UNPRINTED_MAX
from sync.reading.records.suggestions import Wanted
from sync.rules.times import CLOCK_MS
from sync.storage.records.suggestions import Suggestion
from tests.clinic import START_MS, ZONE, Clinic, pull
from tests.projection import folded_from_nothing, projection
from tests.sync.patients import reading, resolve

ROOT = Path(__file__).resolve().parent.parent
HOUR = 3_600_000
DAY = 24 * HOUR
PEOPLE = 13
FIRST, LAST = date(2025, 12, 1), date(2026, 2, 28)
"""All days on which somebody may be said to have been registered."""


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path, durable=False)
    yield clinic
    clinic.close()


def shown(ms: int) -> str:
    """What the clock of a desk shows, as a registration tells it."""
    return time_of_ms(ms, ZONE).isoformat(timespec="seconds")


def set_clock(desk, skew_ms: int) -> None:
    """A desk believes a clock that is off."""
    desk.skew_ms = skew_ms
    desk.writer.believed.confirm()
    desk.writer.write(lambda tx: tx.begin())


def of_days(desk, first: date = FIRST, last: date = LAST) -> dict[str, int]:
    """How many people each answer has that asks for some days."""
    store = desk.writer.store
    days = first.isoformat(), (last + timedelta(1)).isoformat()
    since, until = (int(datetime.fromisoformat(f"{day}T00:00+05:00").timestamp()) for day in days)
    with reading(desk) as snapshot:
        by_day = snapshot.registrations.by_day(first, last)
        every = date(2020, 1, 1), date(2099, 1, 1)
        return {
            "registrations": sum(one.online + one.offline for one in by_day),
            "waiting": sum(one.waiting for one in by_day),
            "waits": sum(
                one.people for one in snapshot.registrations.confirmation_times(first, last)
            ),
            "conflicts": sum(
                count for *_, count, _ in snapshot.registrations.conflicts(first, last)
            ),
            "conflicts listed": snapshot.conflicts.count(ConflictFilter(since=since, until=until)),
            "offline times": len(list(snapshot.registrations.offline_times(first, last))),
            "offline lately": sum(
                one.recent for one in snapshot.counts.offline(first.isoformat()).values()
            )
            - sum(one.recent for one in snapshot.counts.offline(days[1]).values()),
            "list": snapshot.search.page(PeopleQuery(created_from=first, created_to=last)).total,
            "suggestions": snapshot.suggestions.count(
                Wanted("open", created_from=days[0], created_before=days[1])
            ),
            "work of a desk": sum(
                one["count"]
                for back in range((last - first).days + 1)
                for code in snapshot.registry.terminals
                for one in snapshot.desk_day.by_operator(code, first + timedelta(back))
            ),
            "labels": sum(
                len(snapshot.desk_day.unprinted(code, first, last))
                for code in snapshot.registry.terminals
            ),
            "all": store.connection.execute("SELECT count(*) FROM patients").fetchone()[0],
            "ever": sum(one.online + one.offline for one in snapshot.registrations.by_day(*every)),
        }


def busy(clinic, skew_ms: int):
    """A desk whose clock is off registers people; one waits, one is refused, two are alike."""
    lab, ward = clinic.desk("LAB1-PC", "710000-719999"), clinic.desk("WARD-PC", "720000-729999")
    clinic.heal()
    set_clock(lab, skew_ms)
    for number in range(PEOPLE):
        lab.register_offline(full_name=f"Person {number}")
    stray = Issued(Mrn("720005"), True)
    lab.register(lab.draft(full_name="A Number Of The Ward"), lambda _: stray)
    ward.register_offline()
    clinic.heal()
    hub = clinic.coordinator
    rows = [Suggestion(1, other, "certain", 0.9, "[]") for other in (2, 3)]
    hub.write(lambda tx: (tx.begin(), tx.store.suggestions.put(rows, 1)))
    lab.register_offline(full_name="Waits For A Verdict")
    pull(ward, lab)
    return lab, ward


@pytest.mark.parametrize("skew", [2 * DAY, -2 * DAY], ids=["ahead", "behind"])
def test_whoever_is_disbelieved_is_in_every_answer_by_day_as_before(clinic, skew):
    clinic.now_ms += 13 * HOUR  # after midnight, when in UTC it is the day before
    lab, ward = busy(clinic, skew)
    hub = clinic.coordinator
    before = {desk.name: of_days(desk) for desk in (hub, lab, ward)}
    assert all(before["coordinator"][name] for name in before["coordinator"] if name != "waiting")
    assert before["WARD-PC"]["waiting"]
    assert before["LAB1-PC"]["labels"] <= UNPRINTED_MAX
    wrong_ms = clinic.now_ms + skew
    set_clock(lab, 0)
    ident = clinic.act(
        lambda tx: disbelieve(tx, lab.author, wrong_ms - DAY, wrong_ms + DAY, "Sadia", "battery")
    )
    for desk in (lab, ward):  # of the one who waits the coordinator has not heard
        pull(desk, hub)
    today = time_of_ms(clinic.now_ms, ZONE).date()
    for desk in (hub, lab, ward):
        assert of_days(desk) == before[desk.name]
        assert of_days(desk, today, today) == before[desk.name], "nobody was registered later"
        assert projection(desk) == folded_from_nothing(desk)
    clinic.heal()
    assert of_days(hub, today, today)["all"] == before["coordinator"]["all"] + 1
    assert of_days(hub, today, today) == of_days(hub)
    clinic.act(lambda tx: believe_again(tx, ident, "Sadia", "no"))
    clinic.heal()
    for desk in (hub, lab, ward):
        assert of_days(desk, today, today)["list"] == 1, "the rest is of the wrong day again"
        assert projection(desk) == folded_from_nothing(desk) == projection(hub)


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 40))]
)
def test_a_record_its_history_and_every_list_tell_one_time(tmp_path, seed):
    """Registrations and corrections under any clock, and any stretches that nobody believes."""
    chance = random.Random(seed)
    clinic = Clinic(tmp_path, seed, durable=False)
    desks = [clinic.desk(f"LAB{number}-PC", f"7{number}0000-7{number}9999") for number in range(2)]
    clinic.heal()
    known = []
    for _ in range(25):
        desk = chance.choice(desks)
        act = chance.randrange(6)
        if act == 0:
            set_clock(desk, chance.choice((0, 3, -3)) * DAY)
        elif act < 3:
            known.append(desk.fact_of(desk.register_offline()))
            pull(clinic.coordinator, desk)
        elif act == 3 and known:
            fact = chance.choice(known)
            if desk.query("SELECT 1 FROM patients WHERE fact = ?", fact):
                desk.amend(fact, at=shown(desk.writer.now_ms), phone="03001112233")
        elif act == 4:
            author = chance.choice([COORDINATOR, *(one.author for one in desks)])
            first = clinic.now_ms + chance.randrange(-4, 4) * DAY
            clinic.act(
                lambda tx, one=(author, first, first + 2 * DAY): disbelieve(tx, *one, "A", "b")
            )
        else:
            pull(*chance.sample(clinic.replicas, 2))
        clinic.now_ms += chance.randrange(DAY // 4)
    for healed in (False, True):
        if healed:
            clinic.heal()
        for desk in clinic.replicas:
            assert_alike(desk)
    clinic.close()


def assert_alike(desk) -> None:
    with reading(desk) as snapshot:
        for (patient,) in desk.query("SELECT id FROM patients"):
            person = snapshot.people.by_id(patient)
            history = snapshot.people.history(patient)
            assert history[0]["at"] == person["created_at"]
            times = [one["at"] for one in history if one["kind"] == "amended"]
            assert person["updated_at"] in (times or [person["created_at"]])
            at = datetime.fromisoformat(person["created_at"])
            day = at.astimezone(ZONE).date()
            query = PeopleQuery(created_from=day, created_to=day, page_size=200)
            assert patient in [one["id"] for one in snapshot.search.page(query).people]


def test_the_time_on_paper_is_not_that_of_the_desks_clock(clinic):
    lab = clinic.desk("LAB1-PC", "710000-719999")
    clinic.heal()
    taken_at = shown(clinic.now_ms)
    lab.write(lambda tx: sheets.take(tx, lab.author, None, taken_at, Doer("sadia", None), count=5))
    clinic.heal()
    clinic.now_ms += 3 * DAY
    set_clock(lab, -3 * DAY)
    wrong_ms = lab.writer.now_ms
    stated = ["2026-01-08T09:15:00+05:00", shown(wrong_ms - CLOCK_MS - 61_000)]
    for number, at in enumerate(stated, 710000):
        draft = lab.draft()._replace(registered_at=at, from_paper=True)
        mrn = Mrn(str(number))
        lab.register(draft, lambda tx, mrn=mrn: sheets.typed_in(tx, lab.author, mrn))
    lab.register_offline()
    clinic.heal()
    set_clock(lab, 0)
    clinic.act(lambda tx: disbelieve(tx, lab.author, wrong_ms - DAY, wrong_ms + DAY, "A", "b"))
    clinic.heal()
    # One is told in the stretch itself, as a sheet of that morning may be.
    known = ["2026-01-08T04:15:00Z", iso_utc_of_ms(wrong_ms - CLOCK_MS - 61_000)]
    for desk in clinic.replicas:
        found = desk.query("SELECT claimed, created_at FROM patients ORDER BY claimed")
        with reading(desk) as snapshot:
            times = [snapshot.people.of_mrn(mrn)[0]["created_at"] for mrn, _ in found]
        assert times == [*known, "2026-01-08T08:00:03Z"]
        assert projection(desk) == folded_from_nothing(desk)


def test_what_an_earlier_system_told_is_not_of_the_coordinators_clock(clinic):
    hub = clinic.coordinator
    set_clock(hub, 20 * DAY)
    wrong_ms = hub.writer.now_ms
    rows = [
        {"mrn": "41", "full_name": "Told Then", "created_at": "2019-03-01T10:00:00+05:00"},
        {"mrn": "42", "full_name": "Told Nothing"},
    ]
    for row in rows:
        row |= {"dob": "1990-01-01", "sex": "F", "father_name": "A Father", "phone": "03001234567"}
    now = time_of_ms(wrong_ms, ZONE)
    possible = PossibleTimes(now, now)
    taken = clinic.act(
        lambda tx: take_people(
            tx, hub.arbiter, rows, now, possible, lambda: RecordId(clinic.random.randbytes(16))
        )
    )
    assert taken.taken == 2, taken
    set_clock(hub, 0)
    clinic.act(lambda tx: disbelieve(tx, COORDINATOR, wrong_ms - DAY, wrong_ms + DAY, "A", "b"))
    with reading(hub) as snapshot:
        then, nothing = (snapshot.people.of_mrn(mrn)[0]["created_at"] for mrn in ("41", "42"))
    assert (then, nothing) == ("2019-03-01T05:00:00Z", iso_utc_of_ms(clinic.now_ms))


def test_what_is_asked_and_decided_is_told_by_times_that_are_believed(clinic):
    """Requests, their answers, decisions about pairs, resolutions, and sheets."""
    lab, hub = clinic.desk("LAB1-PC", "710000-719999"), clinic.coordinator
    people = [lab.register_offline().patient for _ in range(4)]
    lab.register(lab.draft(), lambda _: Issued(Mrn("720005"), True))  # a conflict
    clinic.heal()
    earlier = asked_for(lab, people[2])
    set_clock(lab, -3 * DAY)
    set_clock(hub, -3 * DAY)
    wrong_ms = hub.writer.now_ms
    wrong = [asked_for(lab, one) for one in people[:2]]
    lab.write(
        lambda tx: sheets.take(tx, lab.author, None, shown(lab.writer.now_ms), Doer("sadia", None))
    )
    clinic.heal()
    who = Decider("Sadia", "she is real")
    ids = [row for (row,) in hub.query("SELECT id FROM patients ORDER BY id")]
    clinic.act(lambda tx: requests.refuse(tx, hub.arbiter, wrong[0], who))
    clinic.act(lambda tx: pairs.two_people(tx, hub.arbiter, Pair(*ids[:2]), who))
    resolve(clinic, hub, ids[4], Action.ASSIGN, "PAT-20260105-0042")
    set_clock(lab, 0)
    set_clock(hub, 0)
    clinic.now_ms += DAY
    clinic.heal()
    later = asked_for(lab, people[3])
    clinic.heal()
    said = []
    for author in (lab.author, COORDINATOR):
        clinic.now_ms += 60_000
        said.append(iso_utc_of_ms(clinic.now_ms))
        stretch = wrong_ms - DAY, wrong_ms + DAY
        clinic.act(lambda tx, one=(author, *stretch): disbelieve(tx, *one, "Sadia", "wrong"))
    clinic.heal()
    at_lab, at_hub = said
    for desk in clinic.replicas:
        with reading(desk) as snapshot:
            tables = snapshot.store.requests
            order = [one.id for one in tables.page(False, 9, 0)]
            assert order == [*reversed(wrong), later, earlier]
            assert {asked(snapshot, one)["at"] for one in wrong} == {at_lab}
            assert asked(snapshot, later)["at"] < at_lab
            assert asked(snapshot, wrong[0])["answer"]["at"] == at_hub
            (sheet,) = snapshot.store.sheets.newest_of(lab.author, 9)
            assert sheet_in(snapshot, sheet.id.hex())["printed_at"] == at_lab
            rows = desk.query("SELECT id, claimed FROM patients")
            local = {mrn: ident for ident, mrn in rows}
            apart = snapshot.suggestions.two_people(local["710000"], local["710001"])
            assert apart["at"] == at_hub
            (conflict,) = snapshot.conflicts.page(ConflictFilter(), 9)
            assert [one["at"] for one in conflict["history"]] == [at_hub]
            history = snapshot.people.history(local["710000"])
            assert [one["at"] for one in history if one["kind"] == "two_people"] == [at_hub]
        assert projection(desk) == folded_from_nothing(desk)


def asked_for(desk, patient: int) -> FactId:
    """A clerk asks that a record counts no more."""
    desk.clinic.now_ms += 60_000
    at = shown(desk.writer.now_ms)
    wish = RecordWish(RecordAct.VOID, patient, "a mistake", Doer("bilal", None), at)
    return desk.write(lambda tx: ask(tx, desk.author, wish))


def test_those_of_whom_nothing_can_be_read_are_of_the_day_on_which_they_were_written(clinic):
    """Malformed ones, those of a later version, and times in another form of ISO 8601."""
    lab = clinic.desk("LAB1-PC", "710000-719999")
    bodies = [
        facts.pack([2, "710007", "LAB1-PC", "all new"]),
        facts.pack([1, "710008", "LAB1-PC", True, "no time"]),
        facts.pack(
            [1, "710009", "LAB1-PC", True, "2026-W02-1T130000+0500", None, None, {"full_name": "A"}]
        ),
    ]
    for body in bodies:
        record = RecordId(clinic.random.randbytes(16))
        lab.write(lambda tx, one=(record, body): tx.append(lab.author, facts.REGISTRATION, *one))
    clinic.heal()
    day = date(2026, 1, 5)
    for believed in (True, False):
        for desk in (lab, clinic.coordinator):
            found = of_days(desk, day, day)
            assert (found["all"], found["registrations"], found["list"]) == (3, 3, 3)
            assert found["conflicts"] == found["conflicts listed"] == 1
            assert_alike_without_history(desk)
        if believed:
            first_ms, last_ms = START_MS - DAY, START_MS + DAY
            clinic.act(lambda tx, ms=(first_ms, last_ms): disbelieve(tx, lab.author, *ms, "A", "b"))
            clinic.heal()


def assert_alike_without_history(desk) -> None:
    with reading(desk) as snapshot:
        for (patient,) in desk.query("SELECT id FROM patients"):
            person = snapshot.people.by_id(patient)
            assert person["created_at"] == person["updated_at"] >= "2026-01-05"


# nobody else reads them

RAW = "registered_at|amended_at|corrected_at|doubted_ms|asked_at|printed_at"
"""What facts and tables say of times before anybody has asked whether they are believed."""
SQL = re.compile(rf"(?=.*(SELECT|FROM|WHERE|ORDER|[<>=]|\w\())(?s:.*)\b({RAW})\b")
READERS = ("sync/reading", "sync/http", "sync/daemon", "sync/pages", "sync/upkeep", "sync/network")
OF_CLIENTS = {
    "sync/http/registration.py": "the time on paper that a client sends, on its way into a fact",
    "coordinator/importing/take.py": "the time of an earlier system, on its way into a fact",
    "coordinator/importing/rows.py": "the same",
    "node/asking.py": "the time of a request, on its way into a fact",
}
LOOKS_AT_CLOCKS = {"sync/daemon/clock_alarms.py": "it looks for times that are wrong"}


def raw_reads(source: str, name: str = "") -> list[int]:
    """The lines of a source where a time is read that nobody may believe."""
    found = []
    tree = ast.parse(source)
    believed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("iso", "own", "believes", "at")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            found.append(node.lineno)
        elif id(node) in believed or name in LOOKS_AT_CLOCKS:
            continue
        elif isinstance(node, ast.Attribute) and re.fullmatch(RAW, node.attr):
            if name not in OF_CLIENTS:
                found.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "sync.model.clock":
            found += [node.lineno for one in node.names if one.name == "unpack"]
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "clock.unpack":
            found.append(node.lineno)
    return found


def sources() -> dict[str, str]:
    found = {}
    for package in (*READERS, "node", "coordinator"):
        for path in sorted((ROOT / package).rglob("*.py")):
            found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    return found


def test_no_reader_takes_a_time_of_a_fact_as_it_stands_there():
    """They read `created_at`, `updated_at` and `made_at`, or ask `sync.rules.times.Times`."""
    every = sources()
    assert set(OF_CLIENTS) | set(LOOKS_AT_CLOCKS) <= set(every)
    names = re.compile(rf"\b({RAW})\b|unpack")
    found = {
        name: lines
        for name, source in every.items()
        if names.search(source) and (lines := raw_reads(source, name))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "is_raw"),
    [
        ('"SELECT registered_at FROM patients"', True),
        ('f"p.registered_at >= {since}"', True),
        ('"SELECT p.created_at FROM patients p"', False),
        ('values.get("registered_at")', False),
        ('"registered_at registration_date"', False),
        ("at = body.amended_at", True),
        ("at = times.iso(author, hlc, body.asked_at)", False),
        ("at = clock.unpack(hlc)[0]", True),
        ("from sync.model.clock import unpack", True),
        ("facts.unpack(stored)", False),
    ],
)
def test_a_raw_time_is_found(source, is_raw):
    assert bool(raw_reads(source)) is is_raw
