"""Importing a file that a browser hands over: read once, tried, taken, with its progress.

One file at a time lies in the data folder, readable for the daemon's user only. It is removed when
another one comes, when somebody says so, and when the daemon ends or starts.
"""

from __future__ import annotations

import asyncio
import io
import logging
import re
import shutil
from collections.abc import Callable, Coroutine
from datetime import date
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.api.imports import ImportAnswer
from coordinator.errors import AnotherFile, BadCsv, ImportRunning, ImportStopped
from coordinator.importing import source
from coordinator.importing.profile import Described, in_english
from coordinator.importing.run import KINDS, REPORT_COLUMNS, How, ImportRun, TableName
from coordinator.importing.source import DateForm, SourceTable
from sync.engine.replica import Replica
from sync.errors import MrnmeshError, NotFound
from sync.http.operations import CsvFile, Needs, Operation, read_body, read_query
from sync.http.requests import BODY
from sync.model import causes
from sync.storage import files

PATH: Final = "/api/import/files/"
FOLDER: Final = "import"
BYTES_MAX: Final = 64 * 1024 * 1024
log = logging.getLogger("mrnmesh.import")

_HEADER: Final = ",".join(REPORT_COLUMNS) + "\r\n"

Take = Callable[[TableName, dict[str, Any]], Coroutine[Any, Any, ImportAnswer]]
"""Takes rows over, as ``POST /api/import/{table}/`` does."""


class FileQuery(msgspec.Struct, kw_only=True, frozen=True):
    """What the file is called, which table it holds, and how its letters are written."""

    table: Literal["patients", "terminals"]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    encoding: Literal["utf-8", "cp1256", "cp1252"] = "utf-8"


class FileRun(msgspec.Struct, kw_only=True, frozen=True):
    """How the file is imported; a dry run only finds out what would become of the rows.

    Whoever names the ``file`` by its id never tries or imports another one, which somebody else has
    handed over meanwhile.
    """

    dry_run: bool
    file: Annotated[str, Meta(max_length=64)] | None = None
    lenient: bool = False
    take_odd: bool = False
    date_format: Annotated[str, Meta(max_length=20, description="as %d/%m/%Y")] | None = None


class FileSaid(TypedDict):
    """Something that is said of a file by its code; ``terms`` are the numbers and words in it."""

    code: str
    terms: dict[str, str | int]


class FileColumn(TypedDict):
    """A column, and what its cells look like: ``text`` in English, ``said`` part by part."""

    name: str
    text: str
    said: list[FileSaid]


class ImportFileAnswer(TypedDict):
    """A file as it was read; ``form`` says how, in English, and ``form_said`` by its code.

    ``id`` stands for what is in the file and how it was read; ``date_formats`` are those that its
    dates fit, if not YYYY-MM-DD.
    """

    id: str
    name: str
    table: str
    form: str
    form_said: FileSaid
    rows: int
    columns: list[FileColumn]
    ignored: list[str]
    date_formats: list[str]


class ReasonCount(TypedDict):
    """How many rows are not taken for one reason."""

    code: str
    count: int


class ImportRunAnswer(TypedDict):
    """How far a run is, or what became of it; ``error`` says why it ended before its time."""

    dry_run: bool
    running: bool
    rows: int
    taken: int
    there: int
    filled: int
    alike: int
    left_out: int
    refused: list[ReasonCount]
    error: str | None


class ImportStateAnswer(TypedDict):
    """The file that was handed over, null for none, and its last run, null before there is one."""

    file: ImportFileAnswer | None
    run: ImportRunAnswer | None


class ImportFilesApi:
    """Operations on the file that is to be imported.

    Args:
        folder: the data folder.
    """

    def __init__(self, replica: Replica, folder: Path, take: Take) -> None:
        self._replica = replica
        self._folder = folder / FOLDER
        self._take = take
        self._table: SourceTable | None = None
        self._name: TableName = "patients"
        self._id = ""
        self._work: ImportRun | None = None
        self._how: How | None = None
        self._report = io.StringIO()
        self._error: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[SourceTable] | None = None
        self._stopping = False
        self._remove()

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER, about="import")
        return [
            operation("GET", PATH, self.state, "Show the file that is to be imported"),
            operation(
                "POST",
                PATH,
                self.put,
                "Hand over a file: its bytes, a CSV file or a workbook (.xlsx)",
                body=bytes,
                query=FileQuery,
                body_bytes_max=BYTES_MAX,
                status=201,
                errors=(BadCsv, ImportRunning, ImportStopped),
            ),
            operation(
                "POST",
                PATH + "run/",
                self.run,
                "Try or import the file",
                body=FileRun,
                status=202,
                errors=(BadCsv, NotFound, ImportRunning, ImportStopped, AnotherFile),
            ),
            operation("GET", PATH + "report.csv", self.report, "Show the rows that are not taken"),
            operation("DELETE", PATH, self.discard, "Remove the file", errors=(ImportRunning,)),
        ]

    async def stop(self) -> None:
        """End what reads or imports the file, and then remove it; none is taken from here on."""
        self._stopping = True
        if going_on := [task for task in (self._reading, self._task) if task is not None]:
            await asyncio.wait(going_on)
        await asyncio.to_thread(self._remove)

    async def state(self, _request: web.Request) -> ImportStateAnswer:
        """Return the file, and how far its run is."""
        return self._state()

    async def put(self, request: web.Request) -> ImportStateAnswer:
        """Take a file in the place of an earlier one, and read it to its end.

        Raises:
            BadCsv: it cannot be read, or not be kept here meanwhile.
            ImportRunning: another one is being read or imported.
            ImportStopped: the daemon ends.
        """
        self._require_idle()
        query, content = read_query(request, FileQuery), request[BODY]
        self._forget()

        def look() -> SourceTable:
            self._remove()
            self._folder.mkdir(mode=0o700)
            path = self._folder / plain_name(query.name)
            files.write_private(path, content)
            return source.look_through(path, KINDS[query.table], query.encoding, self._require_open)

        # Of two files that come at once one would lie where the other one is read. It is read to
        # its end even where nobody waits for the answer any more.
        reading = self._reading = asyncio.create_task(
            asyncio.to_thread(look), name="reading a file"
        )
        reading.add_done_callback(self._has_read)
        try:
            self._table, self._name = await asyncio.shield(reading), query.table
            self._id = _id_of(query, content)
        except BadCsv as error:
            raise BadCsv(path=plain_name(query.name), why=error.facts["why"]) from error
        except OSError as error:
            why = f"it cannot be kept on this computer ({causes.why(error)})"
            raise BadCsv(path=plain_name(query.name), why=why) from error
        return self._state()

    async def run(self, request: web.Request) -> ImportStateAnswer:
        """Begin to try the file, or to import it.

        Raises:
            NotFound: there is no file.
            BadCsv: its dates are written in another way.
            ImportRunning: it is being imported already, or another one is being read.
            ImportStopped: the daemon ends.
            AnotherFile: it is not the one that was meant.
        """
        self._require_idle()
        wanted = read_body(request, FileRun)
        table = self._table
        if table is None:
            raise NotFound(what="file", key="to import")
        if wanted.file not in (None, self._id):
            raise AnotherFile()
        for name in KINDS[self._name].dates:
            why = table.profile.misfit(name, wanted.date_format)
            if why is not None:
                raise BadCsv(path=table.path.name, why=why)
        dates = DateForm(wanted.date_format, self._last_day()) if wanted.date_format else None
        self._how = How(self._name, wanted.dry_run, wanted.lenient, wanted.take_odd, dates)
        self._report, self._error = io.StringIO(newline=""), None
        loop = asyncio.get_running_loop()

        def send(name: TableName, body: dict[str, Any]) -> ImportAnswer:
            self._require_open()
            return asyncio.run_coroutine_threadsafe(self._take(name, body), loop).result()

        self._work = ImportRun(send, table, self._how, self._report)
        self._task = asyncio.create_task(self._to_its_end(self._work), name="importing a file")
        return self._state()

    async def report(self, _request: web.Request) -> CsvFile:
        """Return the rows that the last run did not take, or not whole, and why."""
        return CsvFile("\ufeff" + _HEADER + self._report.getvalue(), "not-taken.csv")

    async def discard(self, _request: web.Request) -> None:
        """Remove the file.

        Raises:
            ImportRunning: it is being imported.
        """
        self._require_idle()
        self._forget()
        await asyncio.to_thread(self._remove)

    async def _to_its_end(self, work: ImportRun) -> None:
        try:
            await asyncio.to_thread(work.run)
        except MrnmeshError as error:
            self._error = str(error)
        except OSError as error:
            self._error = causes.why(error)
        except Exception as error:
            log.exception("an import has failed")
            self._error = f"this was not foreseen; the log says where ({type(error).__name__})"
        finally:
            self._task = None

    def _last_day(self) -> date:
        believed = self._replica.believed
        is_known = believed.is_followed or believed.is_sure
        return source.last_day(self._replica.today(), is_known=is_known)

    def _require_open(self) -> None:
        """Return unless the daemon ends; what was taken until then stays."""
        if self._stopping:
            raise ImportStopped()

    def _require_idle(self) -> None:
        self._require_open()
        if self._task is not None or self._reading is not None:
            raise ImportRunning()

    def _has_read(self, _reading: asyncio.Task[SourceTable]) -> None:
        self._reading = None

    def _forget(self) -> None:
        self._table = self._work = self._how = self._error = None
        self._report = io.StringIO()

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _state(self) -> ImportStateAnswer:
        return {
            "file": self._file_answer(self._table) if self._table is not None else None,
            "run": self._run_answer(),
        }

    def _file_answer(self, table: SourceTable) -> ImportFileAnswer:
        return {
            "id": self._id,
            "name": table.path.name,
            "table": self._name,
            "form": table.form.text,
            "form_said": _said(table.form),
            "rows": table.rows,
            "columns": [
                {"name": name, "text": in_english(said), "said": [_said(one) for one in said]}
                for name, said in table.profile.columns()
            ],
            "ignored": table.ignored,
            "date_formats": sorted(
                {one for column in KINDS[self._name].dates for one in table.profile.better(column)}
            ),
        }

    def _run_answer(self) -> ImportRunAnswer | None:
        work, how = self._work, self._how
        if work is None or how is None:
            return None
        return {
            "dry_run": how.dry_run,
            "running": self._task is not None,
            "rows": work.rows,
            "taken": work.taken,
            "there": work.there,
            "filled": work.filled,
            "alike": work.alike,
            "left_out": work.left_out,
            "refused": [
                {"code": code, "count": count} for code, count in work.refused.most_common()
            ],
            "error": self._error,
        }


def plain_name(name: str) -> str:
    """What a file is called here: letters, digits and . - _ of its name, without any folder."""
    return re.sub(r"[^\w.-]+", "_", re.split(r"[/\\]", name)[-1]).lstrip(".")[-80:] or "file"


def _id_of(query: FileQuery, content: bytes) -> str:
    read_as = f"{query.table} {query.encoding} {plain_name(query.name)}\n".encode()
    return blake2b(read_as + content, digest_size=12).hexdigest()


def _said(said: Described) -> FileSaid:
    return {"code": said.code, "terms": said.terms}
