"""What only the coordinator refuses; see `sync.errors` for the root of the tree."""

from __future__ import annotations

from sync.errors import (
    InvalidFields,
    MrnmeshError,
    NumberError,
    TerminalError,
    TerminalNotFound,
)


class RangeOverlap(NumberError):
    """The range {range} cannot be granted: it {why}. Choose numbers that nobody uses."""

    code = "range_overlap"
    status = 409


class RangeFixed(NumberError):
    """The range {old} of {terminal} cannot be changed to {new}: numbers of it are on cards or may be. Grant a further range beside it: `mrnmesh-coordinator terminals grant {terminal} START-END`."""

    code = "range_fixed"
    status = 409


class BadMark(NumberError):
    """The last number used, {mark}, does not lie in the range {range}. Give 0 if none was used yet."""

    code = "bad_mark"


class MarkFixed(NumberError):
    """offline_current of {terminal} is {mark} and follows the numbers that are used: it can be given only when a terminal is made. Leave it out, or send {mark}."""

    code = "mark_fixed"


class BadDisbelief(MrnmeshError):
    """That stretch of time cannot be named: {why}. Name a terminal or `@coordinator`, and two times with their zone, the earlier one first."""

    code = "bad_stretch"
    status = 422


class BadPool(NumberError):
    """The pool {range} in blocks of {block} cannot be used: {why}. Name other numbers: `mrnmesh-coordinator pool set START-END`."""

    code = "bad_pool"


class PoolClosed(NumberError):
    """The pool {range} is closed, because recovery was ended early: desks that did not come back may hold blocks of it. Name a new one, of numbers that nobody was ever given: `mrnmesh-coordinator pool set START-END --never-granted`."""

    code = "pool_closed"
    status = 409


class PoolOff(NumberError):
    """The pool {range} is switched off. Switch it on (`mrnmesh-coordinator pool on`), or grant ranges yourself: `mrnmesh-coordinator terminals grant CODE`."""

    code = "pool_off"
    status = 409


class DesksBehind(NumberError):
    """These desks may run an earlier version, which prints numbers without prefix and check digit: {desks}. Install this version on them and let them connect; if those that are away have it, add `--all-upgraded`."""

    code = "desks_behind"
    status = 409


class NodeHasNumbers(NumberError):
    """Terminal {terminal} gives its offline numbers itself, by the node on that computer: register there. The coordinator has none to give in its name: {why}"""

    code = "node_has_numbers"
    status = 409


class InvalidRange(InvalidFields):
    """Nothing was changed: {summary}. Correct the range, then try again."""

    code = "invalid_range"


class OverlappingRange(InvalidFields):
    """Nothing was changed: {summary}. Correct the range, then try again."""

    code = "overlapping_range"


class PoolUsedUp(NumberError):
    """The pool {range} has no free block of {block} numbers left. Name a new one: `mrnmesh-coordinator pool set START-END`."""

    code = "pool_used_up"
    status = 409


class TooManyBlocks(NumberError):
    """{terminal} got {count} blocks with {numbers} numbers within 24 hours, more than a desk uses. Look at what it registers. Does it need more, grant it a range (`mrnmesh-coordinator terminals grant {terminal}`), or let it get what it asks for: `mrnmesh-coordinator terminals allow {terminal}`."""

    code = "too_many_blocks"
    status = 409


class TooManyNumbers(NumberError):
    """{terminal} has got more online numbers than a desk needs: more at once, or more today with which it has registered nobody. For now it gets fewer, or none. It can use its own range. To let it get more, run `mrnmesh-coordinator terminals allow {terminal}`."""

    code = "too_many_numbers"
    status = 429


class TooManyPins(MrnmeshError):
    """More PINs were changed at {terminal} than clerks need. The one that you have is still good. To let more be changed there, run `mrnmesh-coordinator terminals allow {terminal}`."""

    code = "too_many_pins"
    status = 429


class TerminalCodeRequired(TerminalError):
    """origin_terminal_code is required when offline=True"""

    code = "terminal_code_required"


class TerminalExists(TerminalError):
    """There is a terminal {terminal} already. Choose another code."""

    code = "terminal_exists"
    status = 409


class TerminalHasNode(TerminalError):
    """A node has joined as {terminal} already. Set the second one up under a code of its own."""

    code = "terminal_has_node"
    status = 409


class TerminalHasNoNode(TerminalError):
    """No node has joined as {terminal}, so none can issue from the range. Let one join first, or grant the range with `--allocator coordinator`."""

    code = "terminal_has_no_node"
    status = 409


class TerminalEnded(TerminalError):
    """Terminal {terminal} is {state}{why}; its code stays with what it has registered. Choose another code, or let a newly set up computer take this one over: `mrnmesh-coordinator terminals enrol {terminal}`."""

    code = "terminal_ended"


class KeyWithdrawn(TerminalError):
    """This key is that of an earlier computer of {terminal}, which takes part no more. Set the new one up afresh, in a new folder: `mrnmesh-node enrol CODE`."""

    code = "key_withdrawn"
    status = 409


class TerminalInactive(TerminalNotFound):
    """Terminal {terminal} is {state} and gets no range. Make it active first: `mrnmesh-coordinator terminals activate {terminal}`."""

    code = "terminal_inactive"


class SalvageKeyUnknown(MrnmeshError):
    """The key in the folder is none that the registry has for terminal {terminal}. Name the folder of this terminal, and of this clinic."""

    code = "salvage_key_unknown"
    status = 409


# the coordinator


class InRecovery(MrnmeshError):
    """The coordinator is in recovery: it gives no numbers or ranges and confirms nothing until that is over. The reason: {why}. Switch on the desks that `mrnmesh-coordinator status` names; desks go on with their own ranges meanwhile."""

    code = "in_recovery"
    status = 503


class TooManyWebhooks(MrnmeshError):
    """There are {limit} webhooks already. Remove one that is not needed: `mrnmesh-coordinator webhooks list`."""

    code = "too_many_webhooks"
    status = 409


class CannotResolve(MrnmeshError):
    """'{action}' does not fit this conflict: {why}. Look at it again with `mrnmesh-conflicts show`."""

    code = "cannot_resolve"
    status = 409


class NoConflict(MrnmeshError):
    """There is no conflict about {text}. See all of them with `mrnmesh-conflicts list`."""

    code = "no_conflict"


class SeveralConflicts(MrnmeshError):
    """There are {count} conflicts about {text}. Name one by its id: {ids}."""

    code = "several_conflicts"


class CannotMerge(MrnmeshError):
    """Nothing was changed: {why}. Look at both records side by side: `mrnmesh-coordinator people compare`."""

    code = "cannot_merge"
    status = 409


class ConflictDecided(MrnmeshError):
    """{who} decided '{action}' about this conflict on {when} ({why}). Look at it again. To change that decision, reopen the conflict first: `mrnmesh-conflicts resolve NUMBER reopen`."""

    code = "conflict_decided"
    status = 409


# who may call, and who may do what


class NotAuthorised(MrnmeshError):
    """This call needs an API key, or somebody who is signed in: send the header 'Authorization: Bearer KEY', or sign in first."""

    code = "not_authorised"
    status = 401


class TokenWrong(NotAuthorised):
    """This API key is nobody's: it was mistyped, or is of another coordinator. Ask the administrator for a new one: `mrnmesh-coordinator keys add`."""

    code = "token_wrong"


class ApiKeyWithdrawn(NotAuthorised):
    """The API key {name} was withdrawn. Use the one that took its place, or ask an administrator for a new one: `mrnmesh-coordinator keys add`."""

    code = "key_revoked"


class ApiKeyExpired(NotAuthorised):
    """The API key {name} has expired. Ask the administrator for a new one: `mrnmesh-coordinator keys add`."""

    code = "key_expired"


class SessionEnded(NotAuthorised):
    """You are signed in no longer. Sign in again."""

    code = "session_ended"


class SignInRefused(NotAuthorised):
    """The name or the password is wrong. Try again, or ask an administrator for a new password: `mrnmesh-coordinator users password NAME`."""

    code = "sign_in_refused"


class FormerKeyUnknown(MrnmeshError):
    """Nothing in {path} says which signing key the coordinator had. Name it with --former: a desk has it in its node.toml, as `coordinator_key`."""

    code = "former_key_unknown"


class DeskTooOld(MrnmeshError):
    """This desk has an older version of mrnmesh, which cannot follow the coordinator to its new signing key. Install the coordinator's version on this computer, then enrol it again with the same code."""

    code = "desk_too_old"
    status = 409


class SigningKeyBegun(MrnmeshError):
    """The signing key in {path} was being replaced, and that has not ended. Run `mrnmesh-coordinator signing-key replace` again first, as before."""

    code = "signing_key_begun"


class SetupDone(MrnmeshError):
    """There is a user already, so this is the first start no longer. Sign in, or let an administrator add you."""

    code = "setup_done"
    status = 409


class SetupElsewhere(MrnmeshError):
    """The first user is made on the coordinator's own computer. Open this page there, or run `mrnmesh-coordinator users add` there."""

    code = "setup_elsewhere"
    status = 403


class SetupSecretWrong(MrnmeshError):
    """This is not the secret that `mrnmesh-coordinator init` has shown. Type it again, or make a new one: `mrnmesh-coordinator setup-secret`."""

    code = "setup_secret_wrong"
    status = 403


class BackupPlaceUnusable(MrnmeshError):
    """Backups cannot go to {folder}: {why}. Name a folder that is there, in which the coordinator may write."""

    code = "backup_place_unusable"
    status = 409


class TooManyFailures(MrnmeshError):
    """There were too many wrong passwords. Wait {seconds} s, then try again. On the coordinator's own computer `mrnmesh-coordinator users password NAME --console` sets a new one."""

    code = "too_many_failures"
    status = 429


class Forbidden(MrnmeshError):
    """You may not do that: {why}. Use an API key that allows it, or sign in as somebody who may."""

    code = "forbidden"
    status = 403


class NoUsersYet(MrnmeshError):
    """Other computers cannot call this coordinator yet: it has no user. Add the first one on the coordinator's own computer: `mrnmesh-coordinator users add NAME --role administrator`."""

    code = "no_users_yet"
    status = 403


class BadScope(MrnmeshError):
    """'{text}' is not what an API key can be for: {why}. Choose among `read`, `conflicts`, `metrics`, `administer` and `register:CODE` with the code of one terminal."""

    code = "bad_scope"


class BadExpiry(MrnmeshError):
    """An API key cannot expire then: {why}. Name a time to come, with its zone, or leave it out."""

    code = "bad_expiry"


class ApiKeyMissing(MrnmeshError):
    """There is no API key {id}. See all of them with `mrnmesh-coordinator keys list`."""

    code = "key_unknown"
    status = 404


class BadUserName(MrnmeshError):
    """The name '{name}' cannot be used: {why}. Choose another one."""

    code = "bad_user_name"


class NameTaken(MrnmeshError):
    """There is a {what} named {name} already, and nobody may be taken for another. Choose another name."""

    code = "name_taken"
    status = 409


class BadClerk(MrnmeshError):
    """The list of clerks was not changed: {why}. Correct that, then try again."""

    code = "bad_clerk"


class BadPassword(MrnmeshError):
    """That password cannot be used: {why}. Choose another one; four words that have nothing to do with each other are good."""

    code = "bad_password"


class UserMissing(MrnmeshError):
    """There is no user {name}. See all of them with `mrnmesh-coordinator users list`."""

    code = "user_unknown"
    status = 404


class FirstUserAdministers(MrnmeshError):
    """The first user must be an administrator, because nobody could let others in. Add that one first: `mrnmesh-coordinator users add NAME --role administrator`."""

    code = "first_user_administers"
    status = 409


class LastAdministrator(MrnmeshError):
    """{name} is the last administrator who can sign in. Add another one first: `mrnmesh-coordinator users add NAME --role administrator`."""

    code = "last_administrator"
    status = 409


class EnrolCodeUnknown(MrnmeshError):
    """The coordinator does not know this code: it was typed wrongly, or a newer one has taken its place. Ask the administrator for a new one: `mrnmesh-coordinator terminals enrol CODE`."""

    code = "enrol_code_unknown"
    status = 403


class EnrolCodeExpired(MrnmeshError):
    """The time of this code for {terminal} is over. Ask the administrator for a new one: `mrnmesh-coordinator terminals enrol {terminal}`."""

    code = "enrol_code_expired"
    status = 410


class EnrolCodeUsed(MrnmeshError):
    """Another computer has used this code for {terminal}, and this one was not let in. Ask the administrator for a new code, and tell that you did not use this one before."""

    code = "enrol_code_used"
    status = 409


class EnrolledElsewhere(MrnmeshError):
    """This computer is {here}, and the code is for {terminal}. Ask the administrator for a code for {here}, or use this one with another data folder (--data)."""

    code = "enrol_code_of_another"
    status = 409


class EnrolTerminalTaken(MrnmeshError):
    """{terminal} has a computer with another key, and this one was not let in. If this one takes its place, let the administrator run `mrnmesh-coordinator terminals replace {terminal} --reason WHY`, then try again; otherwise this one needs a code for a terminal of its own."""

    code = "enrol_terminal_taken"
    status = 409


class CertificateNotRenewed(MrnmeshError):
    """{terminal} gets no new certificate: it does not take part any more, or its key is another. Ask the administrator for a code, and enrol this computer with it."""

    code = "certificate_not_renewed"
    status = 403


class NoNextAuthority(MrnmeshError):
    """There is no next authority, so nothing can take the place of the one in use. Make one first: `mrnmesh-coordinator authority renew`."""

    code = "no_next_authority"
    status = 409


class NextAuthorityThere(MrnmeshError):
    """There is a next authority already, of which desks are getting their certificates. See who has none yet with `mrnmesh-coordinator authority show`, and end it with `mrnmesh-coordinator authority finish`."""

    code = "next_authority_there"
    status = 409


class TooManyGuesses(MrnmeshError):
    """Too many wrong codes came from this computer. Wait {minutes} minutes, then type the code again; the code itself stays good."""

    code = "too_many_guesses"
    status = 429


class ProofWrong(MrnmeshError):
    """The signature of this computer is not that of its key. Install the same version here and at the coordinator, then type the code again."""

    code = "enrol_proof_wrong"
    status = 403


# taking over an earlier system's registers


class RowRefused(MrnmeshError):
    """A row of an import cannot be taken."""

    code = "row_refused"


class NumberInUse(RowRefused):
    """The number {mrn} is in use: the record {record} has it. See whether the row is that person; if not, correct its number."""

    code = "mrn_in_use"


class RowDiffers(RowRefused):
    """The number {mrn} was imported before from a row with other content, as the record {record}. Nothing was changed: if the person changed since, correct that record."""

    code = "content_differs"


class RowDamaged(RowRefused):
    """The number {text} {why}. Export the column of numbers as text again, and import that file."""

    code = "damaged_number"


class NoPerson(RowRefused):
    """This row is no person: it is a total, or it repeats the names of the columns. Remove it from the file, or leave it: nobody is registered for it."""

    code = "no_person"


class OddRow(RowRefused):
    """{why} If rows like this are right, add --take-odd."""

    code = "odd_row"


class TwiceInFile(RowRefused):
    """An earlier row of this file has the number {other}, so this one cannot have {mrn}. See which of the two is right, and correct the other."""

    code = "twice_in_file"


class LookAlikeInUse(RowRefused):
    """The number {mrn} could be taken for {other}, which the record {record} has. See whether both are one person; if not, correct the number."""

    code = "look_alike_in_use"


class FormedNumber(RowRefused):
    """The number {mrn} has prefix and check digit of a number that this register gives. Whoever has it is registered already; leave the row out."""

    code = "formed_number"


class NumberAhead(RowRefused):
    """The number {mrn} lies in the range {range} of {terminal} above {mark}, the last one used there: {terminal} is going to give it to somebody else. Correct the number, or give the true last number as offline_current when the terminal is imported."""

    code = "number_ahead"


class NumberPrinted(RowRefused):
    """The number {mrn} stands on a sheet that {terminal} has printed ahead, so it belongs to whoever is written beside it. Type that sheet in first, or correct the number."""

    code = "number_printed"


class NumberGranted(RowRefused):
    """The coordinator has given the number {mrn} to a registration that has not arrived yet. Let all desks connect, then import this row again."""

    code = "mrn_granted"


class CounterTooHigh(RowRefused):
    """The number {mrn} is of a day that is not over, and its counter leaves no room for that day's other numbers. Import this row again tomorrow."""

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
    """The name of {terminal} is too long or holds characters that cannot be printed. Write up to 255 letters."""

    code = "bad_terminal_name"


class BadFlag(RowRefused):
    """'{text}' in {name} is neither true nor false. Write true or false."""

    code = "bad_flag"


class BadCsv(MrnmeshError):
    """The file {path} cannot be imported: {why}. Mend the file, then run the import again."""

    code = "bad_csv"


class ImportRunning(MrnmeshError):
    """A file is being read or imported. Wait until that has ended."""

    code = "import_running"
    status = 409


class ImportStopped(MrnmeshError):
    """The coordinator is being stopped, so the file was not read to its end, and is not kept here. Wait until the coordinator runs again, then hand the file over once more."""

    code = "import_stopped"
    status = 503


class AnotherFile(MrnmeshError):
    """Another file was handed over after this one, and nothing of it was tried or imported. Look at it first, or hand over yours again."""

    code = "another_file"
    status = 409
