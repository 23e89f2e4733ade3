"""People as the HTTP APIs of node and coordinator answer them: by id, by number, their history."""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sync.errors import TablesDiffer
from sync.model import demographics, facts, telephones
from sync.model.clerks.known import KnownBy
from sync.model.demographics import FIELDS
from sync.model.facts import Author, FactId, RecordId
from sync.model.formats import iso_utc_of_ms, iso_utc_of_text
from sync.model.numbers import Mrn
from sync.model.person import identity, more
from sync.reading.answers import PatientAnswer, PatientLink, record_text
from sync.rules.admission import MrnStatus
from sync.rules.history import HistoryEntry, HistoryFact, Judgement, history
from sync.rules.number_texts import NumberTexts
from sync.rules.registry import Registry
from sync.storage.decisions import DECISIONS_ABOUT
from sync.storage.queries import FACT_DATA
from sync.storage.records.pairs import PAIRS_OF
from sync.storage.records.printed import PrintedTables
from sync.storage.shards import stored_envelope

log = logging.getLogger("mrnmesh.people")

_PATIENT: Final = (
    "p.id, p.record, p.mrn, p.claimed, p.status, p.terminal, p.offline, p.judged_ms,"
    " p.created_at, p.updated_at, p.operator, p.operator_known, p.author,"
    " (SELECT s.action = 'void' FROM settled s WHERE s.patient = p.id),"
    " (SELECT s.record FROM settled s WHERE s.patient = p.id),"
    " EXISTS (SELECT 1 FROM settled s WHERE s.survivor = p.fact), "
    + ", ".join(f"p.{n}" for n in (*FIELDS, *more.FIELDS))
)
_REPLACES: Final = 15
"""Where `_PATIENT` says that the record stands for another one."""
_LINKS: Final = (
    "SELECT 'replaced-by', g.id, s.record, coalesce(g.mrn, g.claimed) FROM settled s"
    " LEFT JOIN patients g ON g.record = s.record AND g.fact = s.survivor"
    " WHERE s.patient = ?1 AND s.survivor IS NOT NULL"
    " UNION ALL SELECT 'replaces', f.id, f.record, coalesce(f.mrn, f.claimed) FROM patients p"
    " JOIN settled s ON s.survivor = p.fact JOIN patients f ON f.id = s.patient WHERE p.id = ?1"
    " ORDER BY 2"
)
_GIVEN: Final = (
    "p.id IN (SELECT g.id FROM resolutions r"
    " JOIN patients g ON g.record = r.record AND g.fact = r.registration WHERE r.mrn = ?1"
    " UNION ALL SELECT g.id FROM resolutions r"
    " JOIN patients g ON g.record = r.holder_record AND g.fact = r.holder WHERE r.holder_mrn = ?1)"
)
"""A resolution gave the number ``?1``: even if that was taken back since, it is on a card."""


class PeopleReader:
    """People within one snapshot.

    ``numbers`` shows and reads their numbers, ``times`` says which times are believed.

    Args:
        today: the facility's day, for ages.
        region: where telephone numbers without a country code are from.
    """

    def __init__(
        self, connection: sqlite3.Connection, registry: Registry, today: date, region: str
    ) -> None:
        self._execute = connection.execute
        self._registry = registry
        self.numbers = NumberTexts(registry, PrintedTables(connection))
        self.times = registry.times
        self._today = today
        self._region = region

    def by_id(self, patient: int) -> PatientAnswer | None:
        """A person by local id."""
        found = self._patients("p.id = ?", (patient,))
        return found[0] if found else None

    def by_ids(self, patients: Sequence[int]) -> list[PatientAnswer]:
        """The people with some local ids, the newest first."""
        marks = ", ".join("?" * len(patients))
        return self._patients(f"p.id IN ({marks}) ORDER BY p.id DESC", patients)

    def of_record(self, record: str) -> list[PatientAnswer]:
        """The registrations under a record id, given as the text of a UUID."""
        try:
            key = uuid.UUID(record).bytes
        except ValueError:
            return []
        return self._patients("p.record = ? ORDER BY p.id", (key,))

    def of_mrn(self, text: str) -> list[PatientAnswer]:
        """All who claim or once had the number of a text, its holder first.

        Before a record that is merged into another one comes the one that stands for it.

        Raises:
            MistypedNumber: see `sync.rules.number_texts.NumberTexts.number`.
        """
        mrn = self.numbers.number(text)
        found = self._patients(
            f"p.mrn = ?1 OR (p.claimed = ?1 AND p.claimed IS NOT p.mrn) OR {_GIVEN} ORDER BY"
            " NOT EXISTS (SELECT 1 FROM held h WHERE h.mrn = ?1 AND h.patient = p.id), p.id",
            (mrn,),
        )
        known: dict[int, PatientAnswer] = {}
        for person in found:
            known |= {one["id"]: one for one in self._standing_for(person)}
            known.setdefault(person["id"], person)
        return list(known.values())

    def _standing_for(self, person: PatientAnswer) -> list[PatientAnswer]:
        """The record that stands for this one, if there is another and it is here."""
        ids = [link["id"] for link in person["links"] if link["type"] == "replaced-by"]
        return self.by_ids([ident for ident in ids if ident is not None])

    def history(self, ident: int) -> list[HistoryEntry] | None:
        """What happened to the record of a local id, the oldest first; None if there is none."""
        row = self._execute(
            "SELECT p.record, p.fact, p.author, p.claimed, p.admitted, p.rejected, p.judged_ms,"
            f" p.created_at, {FACT_DATA} FROM patients p"
            " JOIN facts f ON f.run = p.run AND f.clock = p.clock WHERE p.id = ?",
            (ident,),
        ).fetchone()
        if row is None:
            return None
        record, fact, author, claimed, admitted, rejected, judged_ms, created_at, data = row
        history_facts = [
            HistoryFact(
                facts.REGISTRATION,
                Author(author),
                stored_envelope(data).body,
                _judgement(admitted, rejected, judged_ms),
                created_at,
            )
        ]
        for author_, body, made_at, admitted, rejected, judged_ms in self._execute(
            "SELECT a.author, a.body, c.made_at, max(a.admitted), max(a.rejected),"
            " min(a.judged_ms) FROM amendments a"
            " JOIN corrections c ON c.record = a.record AND c.fact = a.fact"
            " WHERE a.record = ? AND a.registration = ? GROUP BY a.fact ORDER BY a.hlc",
            (record, fact),
        ):
            judged = _judgement(admitted, rejected, judged_ms)
            history_facts.append(
                HistoryFact(facts.AMENDMENT, Author(author_), body, judged, made_at)
            )
        for kind, sql in ((facts.RESOLUTION, DECISIONS_ABOUT), (facts.PAIR, PAIRS_OF)):
            for ident_, hlc, about, body in self._execute(f"{sql} ORDER BY hlc", (fact,)):
                judged = Judgement(True, None, None)
                who = facts.COORDINATOR
                at = self.times.iso(who, hlc)
                history_facts.append(HistoryFact(kind, who, body, judged, at, ident_, about))
        number = Mrn(claimed) if claimed else None
        entries = history(RecordId(record), FactId(fact), history_facts, number)
        for entry in entries:
            entry["mrn"] = self.numbers.text(entry["mrn"])
        return entries

    def _patients(self, where: str, values: Sequence[Any]) -> list[PatientAnswer]:
        rows = self._execute(f"SELECT {_PATIENT} FROM patients p WHERE {where}", values).fetchall()
        found = []
        for row in rows:
            person = self._person(row)
            person["mrn"] = self.numbers.text(person["mrn"])
            person["former_mrn"] = self.numbers.text(person["former_mrn"])
            if row[_REPLACES] or person["merged_into"] is not None:
                person["links"] = self._links(person["id"])
            found.append(person)
        return found

    def _person(self, row: Any) -> PatientAnswer:
        """A person from a row of `_PATIENT`.

        Raises:
            TablesDiffer: something in the row cannot be what was written. To leave somebody out of
                a list would be worse than no list.
        """
        try:
            return _patient(row, self._registry, self._today, self._region)
        except (ValueError, TypeError, AttributeError) as error:
            log.exception("the row of person %s cannot be read", row[0])
            why = f"the row of person {row[0]} cannot be read"
            raise TablesDiffer(path="register.db", why=why) from error

    def _links(self, ident: int) -> list[PatientLink]:
        return [
            {
                "type": kind,
                "id": other,
                "record_id": record_text(record),
                "mrn": self.numbers.text(mrn),
            }
            for kind, other, record, mrn in self._execute(_LINKS, (ident,))
        ]


def _judgement(admitted: int, rejected: str | None, judged_ms: int | None) -> Judgement:
    at = None if judged_ms is None else iso_utc_of_ms(judged_ms)
    return Judgement(bool(admitted), rejected, at)


def _patient(row: Any, registry: Registry, today: date, region: str) -> PatientAnswer:
    ident, record, mrn, claimed, status, terminal, offline, judged_ms, *more_of_row = row
    created_at, updated_at, operator, operator_known, author, *more_of_row = more_of_row
    voided, merged_into, _, *values = more_of_row
    known = registry.terminals.get(terminal) if terminal else None
    fields = dict(zip((*FIELDS, *more.FIELDS), values, strict=True))
    years, months, days = demographics.age_on(today, fields["dob"] or "") or (None, None, None)
    identified = identity.shown(fields)
    return {
        "id": ident,
        "record_id": record_text(record),
        "mrn": mrn if mrn is not None else claimed,
        "mrn_status": MrnStatus(status),
        "full_name": fields["full_name"],
        "father_name": fields["father_name"],
        "dob": fields["dob"],
        "dob_estimated": fields["dob_estimated"] == demographics.ESTIMATED,
        "age_years": years,
        "age_months": months,
        "age_days": days,
        "sex": fields["sex"],
        "phone": fields["phone"],
        "phone_e164": telephones.normal(fields["phone"], region) if fields["phone"] else None,
        "cnic": fields["cnic"],
        "cnic_digits": demographics.normal_cnic(fields["cnic"]) if fields["cnic"] else None,
        "address": fields["address"],
        "identity": identified["identity"],
        "name_placeholder": identified["name_placeholder"],
        "mother": identified["mother"],
        "birth_order": identified["birth_order"],
        "identifiers": more.shown(fields["identifiers"]),
        "extra": more.shown(fields["extra"]),
        "is_offline_entry": bool(offline),
        "origin_terminal": known.serial if known else None,
        "origin_terminal_code": terminal,
        "synced_at": iso_utc_of_ms(judged_ms) if offline and judged_ms is not None else None,
        "created_at": iso_utc_of_text(created_at),
        "updated_at": iso_utc_of_text(updated_at),
        "operator": operator,
        "operator_known": KnownBy(operator_known) if operator_known else None,
        "former_mrn": claimed if mrn is not None and claimed != mrn else None,
        "merged_into": record_text(merged_into) if merged_into is not None else None,
        "links": [],
        "voided": bool(voided),
        "registered_by": author,
    }
