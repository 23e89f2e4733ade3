"""Forms that are switched on: which numbers get them, and what holds one back."""

import pytest

from coordinator.errors import DesksBehind
from coordinator.registry import formats, ranges, terminals
from sync.engine.issuing import Issued
from sync.errors import BadNumberFormat
from sync.model.facts import Author
from sync.model.numbers import Mrn, NumberRange
from sync.model.printed.checks import Check
from sync.model.printed.formats import NumberFormat, PrintedKind
from sync.rules.number_texts import NumberTexts
from tests.clinic import pull

CARD = NumberFormat(PrintedKind.PLAIN, "C-", 7, "-", Check.LUHN)
ONLINE = NumberFormat(PrintedKind.ONLINE, "PAT-", 0, "-", Check.DAMM)


def switch(clinic, form, kind=PrintedKind.PLAIN):
    clinic.act(lambda tx: formats.switch(tx, kind, form))


def text(desk, mrn):
    return NumberTexts(desk.writer.registry, desk.writer.store.printed).text(mrn)


def blocks(clinic, code="LAB1-PC"):
    return {
        block.range.text: block.format
        for block in clinic.coordinator.writer.registry.blocks_of(Author(code))
    }


def test_every_replica_prints_a_number_alike(clinic, lab, ward):
    switch(clinic, CARD)
    clinic.act(lambda tx: ranges.grant_next(tx, ward.author))
    pull(ward, clinic.coordinator)
    for _ in range(10):
        ward.register_offline()
    mrn = ward.register_offline().issued.mrn
    lab.register_offline()
    clinic.heal()
    for desk in clinic.replicas:
        assert text(desk, mrn) in {mrn, CARD.text(mrn)}
        assert text(desk, Mrn("1000000")) == CARD.text(Mrn("1000000"))
        assert text(desk, Mrn("710000")) == "710000"


def test_old_ranges_stay_as_they_are_whatever_becomes_of_them(clinic):
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", "Front"))
    clinic.grant_range("FRONT", "500-509")
    switch(clinic, CARD)
    clinic.grant_range("FRONT", "600-609")
    clinic.grant_range("FRONT", "700-709", mark=704)
    range_ = NumberRange(800, 809)
    clinic.act(lambda tx: ranges.further_range(tx, "FRONT", range_))
    found = {"500-509": None, "600-609": CARD, "700-709": None, "800-809": None}
    assert blocks(clinic, "FRONT") == found
    switch(clinic, None)
    desk = clinic.bare_desk("FRONT")
    key, incarnation = desk.writer.public_key, desk.writer.identity.incarnation
    clinic.act(lambda tx: terminals.join_node(tx, "FRONT", key, incarnation))
    assert blocks(clinic, "FRONT") == found
    clinic.act(lambda tx: terminals.change_terminal(tx, "FRONT", state=terminals.State.RETIRED))
    assert blocks(clinic, "FRONT") == found


def test_online_numbers_get_the_form_of_their_grant(clinic):
    arbiter = clinic.coordinator.arbiter

    def granted():
        draft = clinic.coordinator.draft()
        return clinic.act(lambda tx: arbiter.grant(tx, draft.record, None)).mrn

    before = granted()
    switch(clinic, ONLINE, PrintedKind.ONLINE)
    after = granted()
    switch(clinic, None, PrintedKind.ONLINE)
    last = granted()
    shown = [text(clinic.coordinator, mrn) for mrn in (before, after, last)]
    assert shown == [before, ONLINE.text(after), last]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (CARD._replace(check=Check.DAMM), "those of C-0000000-C"),
        (CARD._replace(prefix="D-", width=6), "more than 6 digits"),
        (CARD._replace(prefix=""), None),
        (CARD._replace(prefix="X-", width=8), "the number x-12345678-0"),
        (CARD._replace(prefix="", separator=""), "cannot be told"),
    ],
)
def test_a_form_is_refused_unless_its_numbers_can_be_told(clinic, form, why):
    switch(clinic, CARD)
    arbiter, draft = clinic.coordinator.arbiter, clinic.coordinator.draft()
    clinic.act(lambda tx: arbiter.give(tx, draft.record, None, Mrn("x-12345678-0")))
    if why is None:
        return switch(clinic, form)
    with pytest.raises(BadNumberFormat, match=why):
        switch(clinic, form)
    assert clinic.act(lambda tx: formats.read(tx.store)) == {PrintedKind.PLAIN: CARD}


def test_it_is_looked_at_again_at_every_grant(clinic, lab):
    switch(clinic, CARD)
    with pytest.raises(BadNumberFormat, match="more than 7 digits"):
        clinic.grant_range("LAB1-PC", "10000000-10000009")
    arbiter, draft = clinic.coordinator.arbiter, clinic.coordinator.draft()
    clinic.act(lambda tx: arbiter.give(tx, draft.record, None, Mrn("C-0000700-0")))
    with pytest.raises(BadNumberFormat, match="C-0000700-0 of this register"):
        clinic.grant_range("LAB1-PC", "600-609")


def test_what_a_desk_only_claims_holds_no_form_back(clinic, lab):
    claim = Issued(Mrn("C-0000700-0"), True)
    lab.register(lab.draft(), lambda tx: claim)
    clinic.heal()
    assert clinic.coordinator.query("SELECT claimed FROM patients") == [("C-0000700-0",)]
    switch(clinic, CARD)
    clinic.grant_range("LAB1-PC", "600-609")
    assert blocks(clinic)["600-609"] == CARD


def test_an_online_number_whose_text_somebody_has_is_left_out(clinic):
    arbiter = clinic.coordinator.arbiter
    switch(clinic, ONLINE, PrintedKind.ONLINE)
    taken = Mrn(ONLINE.text(Mrn("PAT-20260105-0001")))
    other = clinic.coordinator.draft()
    clinic.act(lambda tx: arbiter.give(tx, other.record, None, taken))
    draft = clinic.coordinator.draft()
    found = clinic.act(lambda tx: arbiter.grant(tx, draft.record, None)).mrn
    assert found == "PAT-20260105-0002"


def test_a_form_waits_for_desks_that_would_print_bare_numbers(clinic, lab, ward):
    def behind(speaking):
        return clinic.act(lambda tx: formats.behind(tx, speaking))

    assert behind({lab.author: 2, ward.author: 2}) == ([], [])
    assert behind({lab.author: 1}) == ([lab.author], [ward.author])
    formats.require_known(behind({lab.author: 2}), updated=True)
    for speaking, updated, named in (
        ({lab.author: 2}, False, ward.author),
        ({lab.author: 1, ward.author: 2}, True, lab.author),
    ):
        with pytest.raises(DesksBehind, match=f": {named}\\."):
            formats.require_known(behind(speaking), updated=updated)
    clinic.act(
        lambda tx: terminals.change_terminal(tx, ward.author, state=terminals.State.INACTIVE)
    )
    assert behind({lab.author: 2}) == ([], []), "it is at work no more"
