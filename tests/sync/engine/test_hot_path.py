"""What happens at every registration, merge and verdict reads no table from end to end."""

import re
from datetime import date

import pytest

from coordinator.judging.cases import Order
from coordinator.judging.resolving import resolve
from sync.engine.amending import CorrectionRequest, amend
from sync.engine.issuing import Issued
from sync.model.facts import Action
from sync.model.numbers import Mrn
from tests.clinic import missing_batches, pull

SMALL = {"meta", "cursors", "registry", "runs", "shards", "search_again", "json_each"}
"""Tables that do not grow with the people or with what is decided about them, and what a statement
brings along."""
ONE_ROW = {"SELECT 1 FROM resolutions LIMIT 1", "SELECT 1 FROM pairs LIMIT 1"}
SCAN = re.compile(
    r"SCAN (?!(?:\d+ )?CONSTANT ROW)(\w+)"
    r"(?! USING (?:COVERING )?INDEX (?:runs_unsigned|\w+_unjudged))"
)


@pytest.fixture
def decided(clinic, lab, ward):
    """A clinic in which something is corrected, refused and decided already."""
    first = lab.register_offline()
    lab.amend(lab.fact_of(first), full_name="Corrected Name")
    stray = lab.fact_of(lab.register(lab.draft(), lambda tx: Issued(Mrn("720001"), True)))
    clinic.heal()
    arbiter = clinic.coordinator.arbiter
    clinic.act(lambda tx: resolve(tx, arbiter, Order(stray, Action.ASSIGN, "Admin", "a test")))
    clinic.heal()
    return clinic


def scanned(desk, act):
    """The tables that the statements of ``act`` read from end to end."""
    connection = desk.connection.real
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    act()
    connection.set_trace_callback(None)
    found = {}
    for sql in statements:
        if not re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT)", sql) or sql in ONE_ROW:
            continue
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
            match = SCAN.match(step)
            if match and match[1] not in SMALL:
                found[match[1]] = sql
    assert statements
    return found


def test_registering_correcting_and_merging(decided, lab):
    hub = decided.coordinator
    change = CorrectionRequest({"sex": "M"}, None, "2026-01-06T12:00:00+05:00", date(2026, 1, 6))

    def work():
        patient = lab.register_offline().patient
        assert lab.writer.write(lambda tx: amend(tx, lab.author, patient, change))

    assert scanned(lab, work) == {}
    assert missing_batches(hub, lab)
    assert scanned(hub, lambda: pull(hub, lab)) == {}
    assert scanned(hub, hub.judge_pending) == {}
    assert scanned(lab, lambda: pull(lab, hub)) == {}
