"""One tree of errors. Each class has a stable ``code``; its docstring is its message.

The docstring is a template: the facts given to the constructor fill it in and stay readable in
``facts``. The message says what happened and what the person can do.
"""

from __future__ import annotations

from typing import Any, ClassVar


class MrnmeshError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__((type(self).__doc__ or "").format(**facts))


class InvalidFields(MrnmeshError):
    """Some fields cannot be used: {summary}."""

    code = "invalid_fields"

    def __init__(self, fields: dict[str, str]) -> None:
        summary = "; ".join(f"{name}: {why}" for name, why in fields.items())
        super().__init__(fields=fields, summary=summary)

    @property
    def fields(self) -> dict[str, str]:
        """Field -> what is wrong with it."""
        fields: dict[str, str] = self.facts["fields"]
        return fields


class BadFact(MrnmeshError):
    """This is not a fact: {why}."""

    code = "bad_fact"


class BadUpdate(MrnmeshError):
    """This update cannot enter: {why}."""

    code = "bad_update"


class DocumentBroken(MrnmeshError):
    """The document in memory failed and was dropped; nothing was stored. {why}."""

    code = "document_broken"


# numbers


class NumberError(MrnmeshError):
    """A number cannot be used."""

    code = "number"


class BadRange(NumberError):
    """'{text}' is not a range of numbers: {why}. Write START-END, for example 710000-719999."""

    code = "bad_range"


class BadMrn(NumberError):
    """'{text}' is not a registration number: {why}."""

    code = "bad_mrn"


class RangeExhausted(NumberError):
    """Terminal {terminal} has exhausted its offline MRN range ({range}). Please contact administrator to configure a new range."""

    code = "range_exhausted"


class NoRange(NumberError):
    """Terminal {terminal} has no range of its own to take a number from: {why}. Ask the administrator to grant a range."""

    code = "no_range"


class MrnConflict(NumberError):
    """Registration number already exists. Please check offline ranges or contact admin."""

    code = "mrn_conflict"


class NotYourNumber(NumberError):
    """Number {mrn} cannot be supplied by a client of {terminal}: {why}."""

    code = "not_your_number"


class RangeOverlap(NumberError):
    """The range {range} cannot be granted: it {why}. Choose numbers that nobody uses."""

    code = "range_overlap"


class RangeFixed(NumberError):
    """The range {old} of {terminal} cannot be changed to {new}: numbers of it are on cards or may be. Grant a further range beside it: `mrnmesh-coordinator terminals grant {terminal} START-END`."""

    code = "range_fixed"


class BadMark(NumberError):
    """The last number used, {mark}, does not lie in the range {range}. Give 0 if none was used yet."""

    code = "bad_mark"


class MarkFixed(NumberError):
    """offline_current of {terminal} is {mark} and follows the numbers that are used: it can be given only when a terminal is made. Leave it out, or send {mark}."""

    code = "mark_fixed"


class BadPool(NumberError):
    """The pool {range} in blocks of {block} cannot be used: {why}."""

    code = "bad_pool"


class PoolClosed(NumberError):
    """The pool {range} is closed, because recovery was ended early: desks that did not come back may hold blocks of it. Name a new one: `mrnmesh-coordinator pool set START-END`."""

    code = "pool_closed"


class PoolOff(NumberError):
    """The pool {range} is switched off. Switch it on (`mrnmesh-coordinator pool on`), or grant ranges yourself: `mrnmesh-coordinator terminals grant CODE`."""

    code = "pool_off"


class PoolUsedUp(NumberError):
    """The pool {range} has no free block of {block} numbers left. Name a new one: `mrnmesh-coordinator pool set START-END`."""

    code = "pool_used_up"


# terminals


class TerminalError(MrnmeshError):
    """A terminal cannot be used."""

    code = "terminal"


class TerminalNotFound(TerminalError):
    """Terminal '{terminal}' not found or not active"""

    code = "terminal_not_found"


class OtherTerminal(TerminalError):
    """This is the desk {here}; it registers nobody for {terminal}. Leave origin_terminal_code out, or send this to {terminal}."""

    code = "other_terminal"


class TerminalCodeRequired(TerminalError):
    """origin_terminal_code is required when offline=True"""

    code = "terminal_code_required"


class TerminalExists(TerminalError):
    """There is a terminal {terminal} already. Choose another code."""

    code = "terminal_exists"


class TerminalHasNode(TerminalError):
    """A node has joined as {terminal} already. Set the second one up under a code of its own."""

    code = "terminal_has_node"


class TerminalHasNoNode(TerminalError):
    """No node has joined as {terminal}, so none can issue from the range. Let one join first, or grant the range with `--allocator coordinator`."""

    code = "terminal_has_no_node"


class TerminalEnded(TerminalError):
    """Terminal {terminal} is {state}{why}; its code stays with what it has registered. Choose another code, or let a newly set up computer take this one over: `mrnmesh-coordinator terminals add --key FILE`."""

    code = "terminal_ended"


class KeyWithdrawn(TerminalError):
    """This key is that of an earlier computer of {terminal}, which takes part no more. Set the new one up afresh, in a new folder: `mrnmesh-node init`."""

    code = "key_withdrawn"


class TerminalInactive(TerminalNotFound):
    """Terminal {terminal} is {state} and gets no range. Make it active first: `mrnmesh-coordinator terminals activate {terminal}`."""

    code = "terminal_inactive"


class BadTerminalCode(TerminalError):
    """'{text}' is not a terminal code: use 1 to 50 letters, digits, '-' and '_', and not digits alone, which would be taken for an id."""

    code = "bad_terminal_code"


# patients


class InvalidPatient(InvalidFields):
    """Some fields of the person are missing or wrong: {summary}."""

    code = "invalid_patient"


class NotCorrectable(MrnmeshError):
    """Patient {key} cannot be corrected: this software cannot read the registration. Install the newer version, or register the person again."""

    code = "not_correctable"


class KeyReused(MrnmeshError):
    """The Idempotency-Key '{key}' was used for a different registration before. Use a new key."""

    code = "key_reused"


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


class StoreExists(StoreError):
    """There is data in {path} already; it is left as it is."""

    code = "store_exists"


class StoreIncomplete(StoreError):
    """The data folder {path} is not whole: {found} is there, {missing} is not. If a backup has it, put it back; what an interrupted `{command}` left can be removed, and the command run again."""

    code = "store_incomplete"


class StoreDamaged(StoreError):
    """The database in {path} is damaged ({why}). Stop the daemon, rename this folder and keep it, and restore the last good backup into a new one (the `restore` command); or let this desk begin anew, under a new code, in a new folder."""

    code = "store_damaged"


class StoreFails(StoreError):
    """The database in {path} cannot be used: {why}. Look at the disk, its free space, and who may write there."""

    code = "store_fails"


class StoreFromFuture(StoreError):
    """The database {path} has schema {version}, this software knows {known}. Install the newer software; the database is unchanged."""

    code = "store_from_future"


class StoreUnsafe(StoreError):
    """The database {path} cannot be kept safe here: {pragma} is {found}, not {wanted}. Move the data folder to a local disk."""

    code = "store_unsafe"


class WitnessUnwritable(StoreError):
    """The witness {path} cannot be written: {why}. It must lie outside the data folder where this user may write; choose another file with --witness."""

    code = "witness_unwritable"


# backups


class BackupError(MrnmeshError):
    """A backup cannot be made or used."""

    code = "backup"


class BackupDamaged(BackupError):
    """The backup {path} cannot be used: {why}. Nothing was changed. Take another copy of it, or an earlier backup."""

    code = "backup_damaged"


class BackupOfOther(BackupError):
    """The backup {path} is that of a {kind} ({author}). Nothing was changed. Restore it with `{command}`."""

    code = "backup_of_other"


class BackupFolderMissing(BackupError):
    """There is no folder {path} to put the backup into. Connect its disk, or make the folder; another one is named by `backup_folder` in the settings of the daemon."""

    code = "backup_folder_missing"


class BackupNoRoom(BackupError):
    """There is no room for a backup in {path}: it needs {needed} MB free, and there are {free} MB. Free some, or name a folder on another disk with `backup_folder` in the settings of the daemon."""

    code = "backup_no_room"


class BackupFails(BackupError):
    """The backup in {path} could not be written: {why}. Look at that disk, its free space, and whether the user of the daemon may write there."""

    code = "backup_fails"


class BackupStopped(BackupError):
    """The backup was stopped before it was done; earlier ones are as they were."""

    code = "backup_stopped"


class RestoreOntoData(BackupError):
    """The folder {path} is not empty, so nothing was restored into it and nothing in it was changed. Name a new folder with --data, or rename this one first; keep it, for it may hold people whom the backup lacks."""

    code = "restore_onto_data"


# salvage


class SalvageFails(MrnmeshError):
    """The folder {path} cannot be salvaged: {why}. Nothing was changed."""

    code = "salvage_fails"


class SalvageKeyUnknown(MrnmeshError):
    """The key in the folder is none that the registry has for terminal {terminal}. Is it the folder of this terminal, and of this clinic?"""

    code = "salvage_key_unknown"


# the coordinator


class InRecovery(MrnmeshError):
    """The coordinator is recovering its past and gives no numbers, ranges or verdicts until then: {why}."""

    code = "in_recovery"


class TooManyWebhooks(MrnmeshError):
    """There are {limit} webhooks already. Remove one that is not needed: `mrnmesh-coordinator webhooks list`."""

    code = "too_many_webhooks"


class CannotResolve(MrnmeshError):
    """'{action}' does not fit this conflict: {why}."""

    code = "cannot_resolve"


class ConflictDecided(MrnmeshError):
    """{who} decided '{action}' about this conflict on {when} ({why}). Look at it again. To change that decision, reopen the conflict first, or send the id of the resolution that you have seen as 'resolution'."""

    code = "conflict_decided"


class NobodyToAsk(MrnmeshError):
    """Nothing was decided: there is nobody at a keyboard here to confirm it. Add --yes to do it without being asked."""

    code = "nobody_to_ask"


class ReadOnlyHere(MrnmeshError):
    """A desk only shows conflicts. Resolve them at the coordinator: `mrnmesh-conflicts resolve`."""

    code = "read_only_here"


class NotToReprint(MrnmeshError):
    """There is no card to print here: {why}."""

    code = "not_to_reprint"


class NotAuthorised(MrnmeshError):
    """This call needs a token: send the header 'Authorization: Bearer TOKEN'."""

    code = "not_authorised"


class NoToken(MrnmeshError):
    """Set {variable} to the administrator's token, which `mrnmesh-coordinator init` showed. If it is lost, make a new one on the computer of the coordinator: `mrnmesh-coordinator token reset`."""

    code = "no_token"


class TokenUnknown(MrnmeshError):
    """The coordinator does not know this token. Is it complete, and of this coordinator? If it is lost, make a new one on the computer of the coordinator: `mrnmesh-coordinator token reset`."""

    code = "token_unknown"


class Forbidden(MrnmeshError):
    """This token does not allow that: {why}."""

    code = "forbidden"


class NotFromHere(MrnmeshError):
    """This daemon answers only programs and pages of this computer: {why}."""

    code = "not_from_here"


class NotFound(MrnmeshError):
    """There is no {what} {key}."""

    code = "not_found"


class DrillOn(MrnmeshError):
    """A drill is on already, until {ends_at}. End it first: `DELETE /api/drill/`, or Ctrl-C where it was begun."""

    code = "drill_on"


class BadRequest(MrnmeshError):
    """The request cannot be read: {why}."""

    code = "bad_request"


class Busy(MrnmeshError):
    """Too many calls at once. Send this one again in a second."""

    code = "busy"


class DiskFull(StoreError):
    """Nothing more can be written to the disk: it is full. Nothing was changed. Free some space, then send this again."""

    code = "disk_full"


class DiskUnwritable(StoreError):
    """The database cannot be written ({why}). Nothing was changed. Look at the disk, its cables, and who may write to the data folder, then send this again."""

    code = "disk_unwritable"


class InternalError(MrnmeshError):
    """Something went wrong inside the daemon. Nothing is lost; the log says where. Report it under {mark}."""

    code = "internal"


class CallRefused(MrnmeshError):
    """{detail}"""

    code = "call_refused"


class Unreachable(MrnmeshError):
    """Nothing answers at {url} ({why}). Start the daemon there with `run`, or see with `doctor` what is wrong."""

    code = "unreachable"


# the wire


class ProtocolError(MrnmeshError):
    """The peer broke the protocol: {why}."""

    code = "protocol"


class BadMessage(ProtocolError):
    """This is not a message: {why}."""

    code = "bad_message"


class BadConfig(MrnmeshError):
    """The configuration {path} cannot be used: {why}."""

    code = "bad_config"


class WrongFile(BadConfig):
    """The file {path} cannot be used: {why}. Name {right}."""

    code = "wrong_file"


class UnknownSetting(BadConfig):
    """{name} is not a setting{hint} `{command} --help` lists them all."""

    code = "unknown_setting"


class CannotListen(BadConfig):
    """The daemon cannot listen at {address}: {why}. Another daemon may be running there; if not, choose another address (`listen` or `sync_listen`) in node.toml or coordinator.toml in the data folder."""

    code = "cannot_listen"


class FileFails(MrnmeshError):
    """A file cannot be used: {why}."""

    code = "file_fails"


class BadOption(MrnmeshError):
    """The option {option} cannot be used: {why}."""

    code = "bad_option"


# taking over an earlier system's registers


class RowRefused(MrnmeshError):
    """A row of an import cannot be taken."""

    code = "row_refused"


class NumberInUse(RowRefused):
    """The number {mrn} is in use: the record {record} has it."""

    code = "mrn_in_use"


class RowDiffers(RowRefused):
    """The number {mrn} was imported before from a row with other content, as the record {record}. Nothing was changed: if the person changed since, correct that record."""

    code = "content_differs"


class TwiceInFile(RowRefused):
    """An earlier row of this file has the number {other}, so this one cannot have {mrn}."""

    code = "twice_in_file"


class LookAlikeInUse(RowRefused):
    """The number {mrn} could be taken for {other}, which the record {record} has."""

    code = "look_alike_in_use"


class NumberAhead(RowRefused):
    """The number {mrn} lies in the range {range} of {terminal} above {mark}, the last one used there: {terminal} is going to give it to somebody else."""

    code = "number_ahead"


class NumberGranted(RowRefused):
    """The coordinator has given the number {mrn} to a registration that has not arrived yet."""

    code = "mrn_granted"


class CounterTooHigh(RowRefused):
    """The number {mrn} is of a day that is not over, and its counter leaves no room for that day's other numbers."""

    code = "counter_too_high"


class OriginUnknown(RowRefused):
    """There is no terminal {terminal}. Import the terminals first, or leave the row's terminal empty."""

    code = "origin_unknown"


class TerminalDiffers(RowRefused):
    """There is a terminal {terminal} already, and {range} is not its range. Grant the range to it, or choose another code."""

    code = "terminal_differs"


class BadOfflineCurrent(RowRefused):
    """offline_current {text} does not fit the range {range}: it is 0, or a number of the range. Numbers above the range's end were another terminal's: import their patients, and write the end here."""

    code = "bad_offline_current"


class BadTerminalName(RowRefused):
    """The name of {terminal} is too long or holds characters that cannot be printed."""

    code = "bad_terminal_name"


class BadFlag(RowRefused):
    """'{text}' in {name} is neither true nor false."""

    code = "bad_flag"


class BadCsv(MrnmeshError):
    """The file {path} cannot be imported: {why}."""

    code = "bad_csv"
