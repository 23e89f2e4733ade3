"""One tree of errors. Each class has a stable ``code``; its docstring is its message.

The docstring is a template: the facts given to the constructor fill it in and stay readable in
``facts``. The message says what happened and what the person can do.
"""

from __future__ import annotations

from typing import Any, ClassVar


class MrnmeshError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    """Of an answer over HTTP; 400 is the client's to mend."""
    details: ClassVar[tuple[str, ...]] = ()
    """Facts that an answer over HTTP has by themselves too, for programs."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__((type(self).__doc__ or "").format(**facts))


class InvalidFields(MrnmeshError):
    """Some fields cannot be used: {summary}. Correct them, then try again."""

    code = "invalid_fields"

    def __init__(self, fields: dict[str, str]) -> None:
        # The sentence that it becomes a part of has a full stop of its own.
        summary = "; ".join(f"{name}: {why.rstrip('.')}" for name, why in fields.items())
        super().__init__(fields=fields, summary=summary)

    @property
    def fields(self) -> dict[str, str]:
        """Field -> what is wrong with it."""
        fields: dict[str, str] = self.facts["fields"]
        return fields


class BadFact(MrnmeshError):
    """This is not a record: {why}. Send the file or the message again as the other daemon has made it."""

    code = "bad_fact"


class BadUpdate(MrnmeshError):
    """What another computer has sent is refused: {why}. Run `doctor` on that computer, and install the same version on both."""

    code = "bad_update"


class DocumentBroken(MrnmeshError):
    """Something failed in memory, and nothing was stored ({why}). Send this again."""

    code = "document_broken"
    status = 503


# numbers


class NumberError(MrnmeshError):
    """A number cannot be used."""

    code = "number"


class BadRange(NumberError):
    """'{text}' is not a range of numbers: {why}. Write START-END, for example 710000-719999."""

    code = "bad_range"


class BadMrn(NumberError):
    """'{text}' is not a registration number: {why}. Write it as it stands on the card."""

    code = "bad_mrn"


class MistypedNumber(NumberError):
    """This number was mistyped: '{text}' is nobody's number, because {why}. Read it from the card again."""

    code = "mistyped_number"


class BadNumberFormat(NumberError):
    """Numbers cannot be printed as {format}: {why}. Choose another prefix, width, separator or check digit."""

    code = "bad_number_format"


class RangeExhausted(NumberError):
    """Terminal {terminal} has exhausted its offline MRN range ({range}). Please contact administrator to configure a new range."""

    code = "range_exhausted"


class TooFewNumbers(NumberError):
    """Terminal {terminal} has {left} numbers of its own left, and a sheet takes {count}. Nothing was taken. Wait until the desk has got more numbers from the coordinator, then take the sheet."""

    code = "too_few_numbers"


class NoRange(NumberError):
    """Terminal {terminal} has no range of its own to take a number from: {why}. Ask the administrator to grant a range."""

    code = "no_range"


class MrnConflict(NumberError):
    """Registration number already exists. Please check offline ranges or contact admin."""

    code = "mrn_conflict"
    status = 409


class NotYourNumber(NumberError):
    """Number {mrn} cannot be supplied by a client of {terminal}: {why}. Leave `mrn` out, so that the desk gives the next number."""

    code = "not_your_number"


class NotOnSheet(NumberError):
    """Number {mrn} stands on no sheet of {terminal}. Only what was written on a sheet can have the time that stands there: leave `registered_at` out."""

    code = "not_on_sheet"


# terminals


class TerminalError(MrnmeshError):
    """A terminal cannot be used."""

    code = "terminal"


class TerminalNotFound(TerminalError):
    """Terminal '{terminal}' not found or not active"""

    code = "terminal_not_found"


class BadTerminalCode(TerminalError):
    """'{text}' is not a terminal code: use 1 to 50 letters, digits, '-' and '_', and not digits alone, which would be taken for an id."""

    code = "bad_terminal_code"


# patients


class InvalidPatient(InvalidFields):
    """Some fields of the person are missing or wrong: {summary}. Correct them, then try again."""

    code = "invalid_patient"


class NotCorrectable(MrnmeshError):
    """Patient {key} cannot be corrected: this software cannot read the registration. Install the newer version, or register the person again."""

    code = "not_correctable"
    status = 409


class MergedIntoAnother(MrnmeshError):
    """This record is merged into another one, which counts for this person: number {mrn}, record {merged_into}. Nothing was changed. Look at that record, and do it there."""

    code = "merged_into_another"
    status = 409
    details = ("merged_into",)


class SeenOtherwise(MrnmeshError):
    """Somebody has changed one of the two records since you looked at them, and nothing was changed now. Look at both again, and decide then."""

    code = "seen_otherwise"
    status = 409


class ChangedMeanwhile(MrnmeshError):
    """Somebody has changed this person since you read it, and nothing was changed now. Read the person again, and send your correction with the new ETag."""

    code = "changed_meanwhile"
    status = 412


class KeyReused(MrnmeshError):
    """The Idempotency-Key '{key}' was used for a different registration before. Use a new key."""

    code = "key_reused"
    status = 422


# stores


class StoreError(MrnmeshError):
    """The database cannot be used."""

    code = "store"


class StoreLocked(StoreError):
    """Another daemon is using the data folder {path}. Stop it first."""

    code = "store_locked"


class StoreMissing(StoreError):
    """There is no data in {path}. Run `{command}` first."""

    code = "store_missing"


class StoreElsewhere(StoreMissing):
    """There is no data in {path}. {found}"""

    code = "store_elsewhere"


class StoreForbidden(StoreError):
    """You may not read the data folder {path}{owner}. Run the command as the user that it belongs to{how}."""

    code = "store_forbidden"


class StoreOfAnother(StoreError):
    """{path} is the data folder of a {kind}, and holds its register: leave all of it as it is. Use `{command}` for it, or name another folder with --data."""

    code = "store_of_another"


class StoreExists(StoreError):
    """There is data in {path} already; it is left as it is. To use it, run the daemon with this folder; for another daemon, name another folder with --data."""

    code = "store_exists"


class StoreEmpty(StoreError):
    """The database {path} is empty{remark}, and nothing was changed. If another copy of it is anywhere, put that back; otherwise rename this folder and keep it, and restore the last good backup into a new one (the `restore` command)."""

    code = "store_empty"


class StoreMismatch(StoreError):
    """The files in {path} do not belong together: {why}. Nothing was changed. Put the right file back; if there is none, start the daemon: it sets aside what does not belong, and says what is missing."""

    code = "store_mismatch"


class StoreNoRoom(StoreError):
    """There is no room in {path}. Its database and the log beside it do not belong together, and what does not belong is copied aside first; that needs {needed} MB, and {free} MB are free. Nothing was changed. Free some space there, then start this again."""

    code = "store_no_room"


class StoreLinked(StoreError):
    """{path} is a link to {target}. The files of the database must lie beside each other in the data folder itself: otherwise copies of it lack what was written last. Nothing was changed. Stop the daemon, remove the link, and move what it leads to into its place; with a database also the file beside that with `-wal` at the end of its name. To keep the data on another disk, move the whole data folder there, and make a link of the folder."""

    code = "store_linked"


class NotItsFile(StoreError):
    """The files in {path} do not belong together: {why}. Nothing was changed. Put back the file that belongs to the others."""

    code = "not_its_file"


class StoreIncomplete(StoreError):
    """The data folder {path} is not whole: {found} is there, {missing} is not. If a backup has {missing}, put it back. Remove what is there only if `{command}` was interrupted here and nobody was ever registered; then run that again."""

    code = "store_incomplete"


class StoreDamaged(StoreError):
    """The database in {path} is damaged ({why}). Stop the daemon, rename this folder and keep it, and restore the last good backup into a new one (the `restore` command); or let this desk begin anew, under a new code, in a new folder. At the coordinator, `mrnmesh-coordinator terminals salvage` (of a desk) or `mrnmesh-coordinator salvage` (its own) then brings in what the old folder still has."""

    code = "store_damaged"
    status = 503


class StoreExchanged(StoreError):
    """The database in {path} was exchanged or removed while the daemon runs ({why}). Nothing was changed. Do not stop the daemon: it still has everything. Move the very file back, and all goes on. If that is not to be had, make a backup (the `backup` command); only then stop the daemon, rename this folder and keep it, and restore that backup into a new one."""

    code = "store_exchanged"
    status = 503


class StoreFails(StoreError):
    """The database in {path} cannot be used: {why}. Look at the disk, its free space, and who may write there; the `doctor` command does that too."""

    code = "store_fails"
    status = 503


class TablesDiffer(StoreError):
    """What the tables in {path} say is not what the records in it say ({why}). No record is lost by that. Stop the daemon, make the tables again from the records (the `rebuild` command), and start it; have the disk looked at."""

    code = "tables_differ"
    status = 503


class StoreBusy(StoreError):
    """Another program keeps the database in {path} busy ({why}). Nothing was changed. End that program: no other one than the daemon may use register.db. Then send this again."""

    code = "store_busy"
    status = 503


class StoreFromFuture(StoreError):
    """The database {path} has schema {version}, this software knows {known}. Install the newer software; the database is unchanged."""

    code = "store_from_future"


class StoreUnsafe(StoreError):
    """The database {path} cannot be kept safe here: {pragma} is {found}, not {wanted}. Move the data folder to a local disk."""

    code = "store_unsafe"
    status = 503


class WitnessUnwritable(StoreError):
    """The witness {path} cannot be written: {why}. Nothing was changed. It must lie outside the data folder where this user may write, on a disk with free space; mend that and send this again, or name another file (`witness` in the settings)."""

    code = "witness_unwritable"
    status = 503


class WitnessBehind(StoreError):
    """What you sent is done, and no other computer hears of it before the witness {path} can be written: {why}. Make room for it, or mend its disk; all goes on by itself then. Look for what you sent before you send it again."""

    code = "witness_behind"
    status = 503


class WitnessFull(StoreError):
    """The witness {path} has no room for the numbers of so many ranges: {size} bytes, at most {room}. Nothing was changed. Give out larger blocks (`mrnmesh-coordinator pool set`), and let the desk begin anew with `mrnmesh-node renew`."""

    code = "witness_full"
    status = 503


class WitnessShared(StoreError):
    """Another program has written the witness {path}: a second copy of this data folder is running on this computer. Nothing was changed. Stop the copy, then restart this daemon. If both are needed, the copy must be a desk of its own: made by `init`, with another code and another witness."""

    code = "witness_shared"
    status = 503


class WitnessInUse(StoreError):
    """Another daemon is using the witness {path}: a second copy of this data folder is running on this computer. Stop it first. If both are needed, one must be a desk of its own: made by `init`, with another code and another witness."""

    code = "witness_in_use"


class StoreUncertain(StoreError):
    """The database failed while this was being written, and it cannot be read now ({why}). It may have been written all the same: when the disk works again, look for it before you send this again. With the same Idempotency-Key nobody is registered twice."""

    code = "store_uncertain"
    status = 503


class RegisteredUnread(StoreError):
    """The person was registered, with number {mrn}, but could not be read back: {why} Do not register the person again: look for that number, or send the same request with the same Idempotency-Key."""

    code = "registered_unread"
    status = 503


class NotFromHere(MrnmeshError):
    """This daemon answers only programs and pages of this computer: {why}. Call it at 127.0.0.1 or localhost, or name the site in `origins` in the settings."""

    code = "not_from_here"
    status = 403


class NotFound(MrnmeshError):
    """There is no {what} {key}. See whether that is spelt as the list shows it."""

    code = "not_found"
    status = 404


class CursorBeyond(MrnmeshError):
    """There is no change {after} here: the newest is {newest}, in the epoch {known}. The database may have been put back to an older copy. Read all changes again, from after=0."""

    code = "cursor_beyond"
    status = 409


class FeedRestarted(MrnmeshError):
    """The changes are counted in the epoch {known} now, and no longer in {epoch}: the database was put back to an older copy. The newest change is {newest}. Read all changes again, from after=0."""

    code = "feed_restarted"
    status = 409


class BadRequest(MrnmeshError):
    """The request cannot be read: {why}. Correct it, then send it again."""

    code = "bad_request"


class BodyError(MrnmeshError):
    """The body of the request cannot be read. Send it again as JSON in UTF-8."""

    code = "bad_body"


class BodyTooLarge(BodyError):
    """The body is too large: at most {most} KiB can be sent. Send less at once."""

    code = "http_413"
    status = 413


class BodyLate(BodyError):
    """The body of the request did not come within {seconds} seconds. Nothing was changed: send it again."""

    code = "body_late"
    status = 408


class BodyUnreadable(BodyError):
    """The body is not encoded as the headers of the request say (Content-Encoding, Transfer-Encoding). Nothing was changed. Send it again without these headers."""

    code = "body_unreadable"


class Busy(MrnmeshError):
    """Too many calls at once. Send this one again in a second."""

    code = "busy"
    status = 429


class DiskFull(StoreError):
    """Nothing more can be written to the disk of {path}: it is full. Nothing was changed. Free some space, then send this again."""

    code = "disk_full"
    status = 503


class DiskReadOnly(StoreError):
    """The database in {path} can only be read ({why}). Nothing was changed. See whether its disk was mounted for reading only, as a system does with a failing disk, and who may write to the file; then send this again."""

    code = "disk_read_only"
    status = 503


class DiskForbidden(StoreError):
    """The system does not let the daemon use its files in {path} ({why}). Nothing was changed. Let the user of the daemon read and write that folder and all that is in it, and see that its disk is connected; then send this again."""

    code = "disk_forbidden"
    status = 503


class DiskUnwritable(StoreError):
    """The disk of {path} fails ({why}). Nothing was changed. Look at the disk and its cables, and make a backup on another one; then send this again."""

    code = "disk_unwritable"
    status = 503


class FileFails(MrnmeshError):
    """{path} cannot be used: {why}. {do}"""

    code = "file_fails"
    status = 503


class InternalError(MrnmeshError):
    """Something went wrong inside the daemon, and whether this was carried out is not known: look before you send it again. The log says where. Run the `doctor` command on this computer, and report this under {mark}."""

    code = "internal"
    status = 500


# the wire


class ProtocolError(MrnmeshError):
    """The other computer does not keep to the rules of syncing: {why}. Install the same version on both."""

    code = "protocol"


class BadMessage(ProtocolError):
    """This is not what a daemon sends: {why}. Install the same version on both computers, then send it again."""

    code = "bad_message"


class BadConfig(MrnmeshError):
    """{path} cannot be used: {why}. Mend that, then see with the `doctor` command whether all is well."""

    code = "bad_config"


class WrongFile(BadConfig):
    """The file {path} cannot be used: {why}. Name {right}."""

    code = "wrong_file"


class WrongCheck(BadConfig):
    """The check does not fit the file {path}: {why}. Nothing was changed. Run the command again, and type what the computer shows that wrote this very file; if it still does not fit, somebody has exchanged the file."""

    code = "wrong_check"


class UnknownSetting(BadConfig):
    """{name} is not a setting{hint} Run `{command} --help`, which lists them all."""

    code = "unknown_setting"


class CannotListen(BadConfig):
    """The daemon cannot listen at {address}: {why}. Another daemon may be running there; if not, choose another address (`listen` or `sync_listen`) in node.toml or coordinator.toml in the data folder."""

    code = "cannot_listen"


class BadCertificate(MrnmeshError):
    """A certificate cannot be used: {why}. Ask the administrator for a code, and enrol this computer with it: `mrnmesh-node enrol`."""

    code = "bad_certificate"


class AuthorityLocked(MrnmeshError):
    """The key of the authority is locked with a passphrase, and the coordinator forgets that when no code is open and when it starts. Give it again: `mrnmesh-coordinator terminals enrol CODE` asks for it."""

    code = "authority_locked"
    status = 409


class WrongPassphrase(MrnmeshError):
    """This is not the passphrase of the authority. Nothing was changed. Run the command again, and type it once more."""

    code = "wrong_passphrase"
    status = 403


class BadRecoveryKey(MrnmeshError):
    """The recovery key cannot be used: {why}. Nothing was changed. Read it again from where it was written down when the coordinator was made, and type it once more."""

    code = "bad_recovery_key"


class BadEnrolCode(MrnmeshError):
    """This is not a code that lets a desk in: {why}. Nothing was sent. Read it again as the administrator has it, and type it once more."""

    code = "bad_enrol_code"


class BadPin(MrnmeshError):
    """That PIN cannot be used: {why}. Choose 4 to 12 digits that are neither all alike nor counted up or down."""

    code = "bad_pin"


class TooFewPairs(MrnmeshError):
    """Nothing was estimated: among the people looked at about {same} pairs seem to be one person and {relatives} relatives, and {random} were put together by chance; {least}, {least} and {least_random} are needed. Go on with the weights of this version, and try again when more people are registered."""

    code = "too_few_pairs"


class BadOption(MrnmeshError):
    """{option} cannot be used: {why}. Add --help to the command to see what it takes."""

    code = "bad_option"
