"""Which columns the tables of an earlier system have, and by what other names.

The first line of a table names its columns. Capital letters, spaces and dots do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from coordinator.errors import BadCsv
from coordinator.importing.rows import MORE_COLUMNS, PERSON_COLUMNS, TERMINAL_COLUMNS


class TableKind(NamedTuple):
    """A table to import.

    ``required`` are the columns that must be there, ``dates`` those that hold dates, and ``names``
    maps each known header, in its plain form, to its column. Beside these there may be columns with
    any name that begins with one of the ``prefixes``.
    """

    columns: tuple[str, ...]
    required: tuple[str, ...]
    dates: tuple[str, ...]
    names: Mapping[str, str]
    prefixes: tuple[str, ...] = ()

    def column(self, header: str) -> str | None:
        """The column that a header means, None for one that is not known."""
        name = plain(header)
        if self.prefixes and name.startswith(self.prefixes):
            return name
        return self.names.get(name)


def _kind(
    columns: tuple[str, ...],
    required: tuple[str, ...],
    dates: tuple[str, ...],
    variants: Mapping[str, str],
) -> TableKind:
    names = {name: name for name in columns}
    names |= {other: name for name, others in variants.items() for other in others.split()}
    return TableKind(columns, required, dates, names)


PATIENTS: Final = _kind(
    PERSON_COLUMNS,
    ("mrn", "full_name"),
    ("dob", "created_at"),
    {
        "mrn": "mr_no mrno mr_number mr medical_record_number reg_no registration_no "
        "registration_number",
        "full_name": "name patient_name patient",
        "father_name": "father fathers_name father_or_husband father_husband_name",
        "dob": "date_of_birth birth_date birthdate birthday",
        "age_years": "age",
        "sex": "gender",
        "phone": "phone_no phone_number mobile mobile_no mobile_number contact contact_no cell",
        "cnic": "nic cnic_no nic_no cnic_number",
        "address": "addr postal_address",
        "origin_terminal_code": "origin_terminal terminal terminal_code",
        "is_offline_entry": "offline is_offline",
        "created_at": "registered_at registration_date created created_on date_created",
    },
)._replace(prefixes=tuple(MORE_COLUMNS.values()))
TERMINALS: Final = _kind(
    TERMINAL_COLUMNS,
    ("code", "offline_range_start", "offline_range_end"),
    (),
    {
        "code": "terminal_code terminal",
        "name": "terminal_name description",
        "offline_range_start": "range_start start",
        "offline_range_end": "range_end end",
        "offline_current": "current",
        "is_active": "active",
    },
)


def matched(
    path: Path, kind: TableKind, header: Sequence[str]
) -> tuple[list[str | None], list[str]]:
    """The columns in their order, None for unknown ones, and the headers of the unknown ones.

    Raises:
        BadCsv: two headers mean one column, or a required column is missing.
    """
    columns = [kind.column(text) for text in header]
    for name in dict.fromkeys([*kind.columns, *filter(None, columns)]):
        same = [
            f"'{text.strip()}'"
            for text, found in zip(header, columns, strict=True)
            if found == name
        ]
        if len(same) > 1:
            raise BadCsv(path=path, why=f"the columns {' and '.join(same)} both mean {name}")
    missing = [name for name in kind.required if name not in columns]
    if missing:
        named = ", ".join(text.strip() for text in header) or "nothing"
        raise BadCsv(
            path=path,
            why=f"its first line must name the columns, {' and '.join(missing)} among them; it "
            f"says: {named[:300]}",
        )
    ignored = [text.strip() for text, found in zip(header, columns, strict=True) if found is None]
    return columns, [text for text in ignored if text]


def plain(header: str) -> str:
    """A header in the form in which `TableKind` has it: ``Father's Name`` is ``fathers_name``."""
    return re.sub(r"[^a-z0-9]+", "_", header.strip().lower().replace("'", "")).strip("_")
