"""What the tests of an import share: files, and a coordinator that takes rows."""

from datetime import UTC, datetime

import pytest

from coordinator.importing import source
from coordinator.importing import take as taking
from coordinator.importing.columns import PATIENTS
from sync.model.demographics import PossibleTimes
from sync.model.facts import RecordId
from tests.clinic import ZONE


@pytest.fixture
def read(tmp_path):
    """The rows of a file with this content: (line, cells, fault)."""

    def run(content, kind=PATIENTS, encoding="utf-8", dates=None):
        path = tmp_path / "old.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        table = source.look_through(path, kind, encoding)
        found = [tuple(line) for line in source.lines(table, kind, dates)]
        assert table.rows == len(found)
        return found

    return run


@pytest.fixture
def look(tmp_path):
    def run(content, kind=PATIENTS, encoding="utf-8"):
        path = tmp_path / "old.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return source.look_through(path, kind, encoding)

    return run


@pytest.fixture
def take(clinic):
    """Import rows of people at the coordinator."""

    def run(*rows, **how):
        hub = clinic.coordinator
        clinic.now_ms += 1000
        now = datetime.fromtimestamp(clinic.now_ms / 1000, UTC).astimezone(ZONE)

        def act(tx):
            return taking.take_people(
                tx,
                hub.arbiter,
                rows,
                now,
                PossibleTimes(now, now),
                lambda: RecordId(clinic.random.randbytes(16)),
                **how,
            )

        return hub.writer.write(act)

    return run
