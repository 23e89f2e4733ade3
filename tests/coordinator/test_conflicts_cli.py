from coordinator.conflicts_cli import side_by_side

REFUSED = {
    "full_name": "Sidra Bibi",
    "father_name": "Zubair",
    "dob": "1963-11-15",
    "sex": "F",
    "phone": "03995550079",
    "cnic": None,
    "address": "A long address in a long street of a large town",
    "origin_terminal_code": "RECEP-1",
    "created_at": "2026-01-05T12:00:00+05:00",
    "operator": None,
    "mrn_status": "rejected",
}
HOLDER = REFUSED | {"full_name": "احمد علی", "mrn_status": "admitted", "phone": "03995550163"}
CONFLICT = {
    "id": "04641a42",
    "mrn": "730030",
    "reason": "duplicate_mrn",
    "open": True,
    "resolution": None,
    "patient": REFUSED,
    "holder": HOLDER,
    "differs": ["full_name", "phone"],
}


def test_both_people_stand_side_by_side_with_what_differs_marked():
    lines = side_by_side(CONFLICT).splitlines()
    assert lines[0] == "Conflict 04641a42: open"
    assert lines[1] == "Number 730030: another person holds this number."
    rows = {line[2:12].strip(): line for line in lines[3:]}
    assert "Sidra Bibi" in rows["Name"]
    assert "احمد علی" in rows["Name"]
    assert [title for title, line in rows.items() if line.startswith("*")] == ["Name", "Phone"]
    column = rows["Phone"].index("03995550163")
    assert rows["Address"].index("A long", 20) == column
    assert rows["Status"].endswith("  confirmed")
    assert lines[-1] == (
        "احمد علی holds 730030 because the coordinator confirmed that registration first."
    )


def test_a_number_that_nobody_holds_is_said_so():
    alone = CONFLICT | {"holder": None, "differs": [], "reason": "outside_range"}
    told = side_by_side(alone)
    assert "NOBODY HOLDS IT" in told
    assert "the number was not this terminal's to give" in told
