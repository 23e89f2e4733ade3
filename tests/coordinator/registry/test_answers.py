"""What API clients do to terminals, and what they are told, also those of the earlier server."""

import pytest

from coordinator.errors import MarkFixed, RangeFixed, RangeOverlap, TerminalEnded, TerminalExists
from coordinator.registry import answers, ranges, terminals
from coordinator.registry.answers import NewTerminal, TerminalChanges
from coordinator.users import keys
from sync.engine import issuing
from sync.errors import NotFound
from sync.model.facts import Allocator, Author, State
from sync.model.numbers import NumberRange
from tests.clinic import pull
from tests.coordinator.users.made import scopes_of

OLD = Author("OLD-PC")
RANGE = NumberRange(710_000, 719_999)


def create(clinic, code=OLD, **given):
    clinic.act(lambda tx: answers.create(tx, NewTerminal(code, **given)))
    return described(clinic, code)


def update(clinic, code=OLD, **given):
    clinic.act(lambda tx: answers.update(tx, code, TerminalChanges(**given)))
    return described(clinic, code)


def described(clinic, code=OLD):
    return clinic.act(
        lambda tx: answers.terminal_answer(
            terminals.known(tx, code), ranges.standings(tx).get(code, ())
        )
    )


def offline(answer):
    return tuple(answer[f"offline_{name}"] for name in ("range_start", "range_end", "current"))


def issue_for(clinic, code):
    coordinator = clinic.coordinator
    draft = coordinator.draft()._replace(terminal=code)
    return coordinator.register(
        draft, lambda tx: issuing.from_range(tx, code, Allocator.COORDINATOR, None)
    ).issued.mrn


def test_the_table_of_the_earlier_server(clinic):
    answer = create(clinic, name="Old desk", range=RANGE)
    assert {name: answer[name] for name in answer if name not in ("id", "ranges")} == {
        "code": "OLD-PC",
        "name": "Old desk",
        "state": "active",
        "reason_fixed": None,
        "reason": "",
        "is_active": True,
        "has_node": False,
        "offline_range_start": 710_000,
        "offline_range_end": 719_999,
        "offline_current": 0,
        "created_at": "2026-01-05T08:00:00Z",
        "updated_at": "2026-01-05T08:00:00Z",
    }
    assert isinstance(answer["id"], int)
    assert answer["ranges"] == [
        {
            "range": "710000-719999",
            "start": 710_000,
            "end": 719_999,
            "allocator": "coordinator",
            "mark": None,
            "highest_used": None,
            "used": 0,
            "remaining": 10_000,
            "percent": 0.0,
            "closed": None,
            "closed_fixed": None,
            "source": "administrator",
            "granted_at": "2026-01-05T08:00:00Z",
        }
    ]


def test_offline_current_is_0_until_the_first_number_and_never_falls(clinic):
    create(clinic, range=NumberRange(500, 504))
    currents = [described(clinic)["offline_current"]]
    for _ in range(5):
        issue_for(clinic, OLD)
        currents.append(described(clinic)["offline_current"])
        clinic.coordinator.writer.rebuild()
        assert described(clinic)["offline_current"] == currents[-1]
    assert currents == [0, 500, 501, 502, 503, 504]


def test_the_offline_fields_are_those_of_the_range_in_use(clinic):
    create(clinic, range=NumberRange(500, 501))
    assert offline(update(clinic, range=NumberRange(600, 601))) == (500, 501, 0)
    seen = []
    for _ in range(4):
        issue_for(clinic, OLD)
        seen.append(offline(described(clinic)))
    assert seen == [(500, 501, 500), (600, 601, 0), (600, 601, 600), (600, 601, 601)]
    assert offline(create(clinic, "NEW-PC")) == (None, None, 0)


def test_a_terminal_of_the_earlier_system_goes_on_where_it_was(clinic):
    answer = create(clinic, range=RANGE, mark=710_412)
    assert offline(answer) == (710_000, 719_999, 710_412)
    assert (answer["ranges"][0]["mark"], answer["ranges"][0]["remaining"]) == (710_412, 9_587)
    assert issue_for(clinic, OLD) == "710413"


def test_a_terminal_is_made_whole_or_not_at_all(clinic, lab):
    with pytest.raises(RangeOverlap):
        create(clinic, range=RANGE)
    with pytest.raises(NotFound):
        answers.find(clinic.coordinator.writer.registry, OLD)
    assert create(clinic, is_active=False, range=NumberRange(500, 501))["state"] == "inactive"
    with pytest.raises(TerminalExists):
        create(clinic)


def test_a_node_joins_with_a_range(clinic):
    desk = clinic.bare_desk(OLD)
    key = (desk.writer.public_key, desk.writer.identity.incarnation)
    answer = create(clinic, joining=key, range=NumberRange(500, 509), mark=502)
    assert (answer["has_node"], answer["ranges"][0]["allocator"]) == (True, "node")
    pull(desk, clinic.coordinator)
    assert desk.register_offline().issued.mrn == "503"
    assert create(clinic, joining=key, range=NumberRange(500, 509))["id"] == answer["id"]


@pytest.mark.parametrize(
    ("before", "given", "state"),
    [
        (State.ACTIVE, {"is_active": True}, "active"),
        (State.ACTIVE, {"is_active": False}, "inactive"),
        (State.INACTIVE, {"is_active": True}, "active"),
        (State.INACTIVE, {"is_active": False}, "inactive"),
        (State.RETIRED, {"is_active": False}, "retired"),
        (State.ACTIVE, {"state": State.REPLACED, "why": "broken"}, "replaced"),
        (State.ACTIVE, {"state": State.REVOKED, "is_active": False}, "revoked"),
        (State.INACTIVE, {"state": State.ACTIVE, "range": RANGE}, "active"),
        (State.ACTIVE, {"state": State.INACTIVE, "range": RANGE}, "inactive"),
    ],
)
def test_states(clinic, before, given, state):
    create(clinic)
    clinic.act(lambda tx: terminals.change_terminal(tx, OLD, state=before))
    answer = update(clinic, **given)
    assert answer["state"] == state
    assert answer["is_active"] is (state == "active")
    assert answer["reason"] == given.get("why", "")
    assert len(answer["ranges"]) == ("range" in given)


def test_what_is_as_it_was_is_no_change(clinic):
    """A client that writes back all that it was told."""
    create(clinic, range=RANGE, mark=710_003)
    before = clinic.coordinator.roots
    update(clinic, name="OLD-PC", is_active=True, range=RANGE, mark=710_003)
    assert clinic.coordinator.roots == before


def test_how_far_numbers_are_used_cannot_be_set(clinic):
    create(clinic, range=RANGE, mark=710_003)
    for mark in (0, 710_002, 710_004):
        with pytest.raises(MarkFixed, match="offline_current of OLD-PC is 710003"):
            update(clinic, mark=mark)


def test_a_range_is_never_edited(clinic):
    create(clinic, range=RANGE)
    with pytest.raises(RangeFixed, match="Grant a further range beside it"):
        update(clinic, range=NumberRange(710_000, 729_999))
    assert [one["range"] for one in update(clinic, range=NumberRange(720_000, 729_999))["ranges"]]


def test_deleting_retires(clinic):
    create(clinic, range=RANGE)
    token = clinic.act(lambda tx: (tx.begin(), keys.renew_for_terminal(tx, OLD, "Sadia"))[1])
    issue_for(clinic, OLD)
    clinic.act(lambda tx: answers.delete(tx, OLD))
    answer = described(clinic)
    assert (answer["state"], answer["reason"]) == ("retired", "deleted")
    assert answer["ranges"][0]["closed"] == "the terminal was retired"
    assert clinic.coordinator.query("SELECT terminal FROM patients") == [(OLD,)]
    assert scopes_of(clinic.coordinator.writer.store, token) is None
    clinic.act(lambda tx: answers.delete(tx, OLD))
    with pytest.raises(TerminalEnded, match=r"is retired \(deleted\)"):
        create(clinic)


def test_a_terminal_is_found_by_id_or_code_in_any_case(clinic):
    ident = create(clinic)["id"]
    registry = clinic.coordinator.writer.registry
    for text in (str(ident), "OLD-PC", "old-pc", " Old-Pc "):
        assert answers.find(registry, text).code == OLD
    for text in ("999", "0", "OLD", "ﬁ", ""):
        with pytest.raises(NotFound):
            answers.find(registry, text)
