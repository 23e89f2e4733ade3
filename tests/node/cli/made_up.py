"""The status of a desk, and people of whom it tells, as its API has them."""

STATUS = {
    "terminal": "LAB1-PC",
    "state": "active",
    "numbers": "offline",
    "coordinator_live": False,
    "patients": 3,
    "pending": 0,
    "open_conflicts": 0,
    "ranges": [{"range": "1-9", "remaining": 4, "closed": None}],
    "sessions": [],
    "refused": None,
    "copies_noticed": 0,
    "held_batches": 0,
    "clock_behind_s": 0,
    "alarms": [],
    "backup": {"last_good": None, "folder": "/srv/backups"},
    "drill": {"on": False},
    "conflicts": {"count": 0, "results": []},
    "cards_to_reprint": {"count": 0, "results": []},
}
AMNA = {"id": 7, "full_name": "Amna", "registered_by": "LAB1-PC", "mrn_status": "rejected"}
BINA = AMNA | {"id": 8, "full_name": "Bina", "registered_by": "ER-PC", "mrn_status": "admitted"}
REFUSED = {"id": "9c1f0a2b6d00ff", "mrn": "710004", "patient": AMNA, "holder": BINA}


def refused(count=1, **changes):
    return {"conflicts": {"count": count, "results": [REFUSED | changes]}}


CARD = AMNA | {"mrn": "PAT-20260105-0007", "card_shows": "710004"}
