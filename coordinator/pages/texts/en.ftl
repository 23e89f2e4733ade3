# The texts of the administrator's dashboard.

board-title = { $view } · { $facility }
board-skip = To the content
page-unreachable = The coordinator does not answer. What you see is as it was last. If it does not come back within a minute, look at its computer.

nav-label = Pages
nav-menu = Menu
nav-group-work = The clinic
nav-overview = Overview
nav-terminals = Terminals
nav-me = My account

# signing in

sign-in-title = Sign in
sign-in-name = Name
sign-in-password = Password
sign-in-act = Sign in
sign-in-ended = You were signed out, because nobody has used the page for half an hour, or because the coordinator was restarted.
sign-in-lost = Password forgotten? An administrator sets a new one. The last administrator does it on the coordinator's computer: mrnmesh-coordinator users password --console
sign-out = Sign out
role-administrator = administrator
role-registrar = registrar
role-reader = reader
me-link = My account: { $name }
me-title = My account
me-role = { $name }, { $role }
me-password = Change the password
me-present = Present password
me-new = New password
me-change = Change the password
password-hint = 10 characters or more

form-saved = Saved
form-copy = Copy
form-copied = Copied

# what went wrong

refused-other = { $detail }
refused-range_overlap = { $detail }
refused-bad_pool = { $detail }
refused-cannot_merge = { $detail }
refused-cannot_resolve = { $detail }
refused-bad_terminal_code = { $detail }
refused-bad_expiry = { $detail }
refused-desks_behind = { $detail }
refused-backup_place_unusable = { $detail }
refused-bad_clerk = { $detail }
refused-not_correctable = { $detail }
refused-bad_csv = { $detail }
refused-mistyped_number = { $detail }
refused-not_found = It is not there any more. Look at the list again.
refused-pool_closed = This supply of numbers is closed for good, because recovery was ended early. Name other numbers for new ranges.
refused-pool_used_up = The numbers for new ranges are used up. Name more of them under Numbers.
refused-terminal_inactive = This terminal is switched off and gets no range. Switch it on first.
refused-terminal_ended = The work of this terminal is over for good. Let a new computer take its place, or choose another code.
refused-terminal_has_no_node = No computer works as this terminal yet, so none could use the range. Let one in first.
refused-conflict_decided = Somebody has decided about it meanwhile. Look at that decision; to change it, take it back first.
refused-too_many_webhooks = There are as many webhooks as there can be. Remove one that is not needed.
refused-key_unknown = There is no such key any more. Look at the list again.
refused-user_unknown = There is no such user any more. Look at the list again.
refused-next_authority_there = The authority is being replaced already. Finish that first.
refused-no_next_authority = The authority is not being replaced. Begin with that.
refused-sign_in_refused = Name or password is wrong. Try again.
refused-too_many_failures = Too many wrong passwords. Wait a minute, then try again.
refused-bad_password = This password is too easily guessed. Take at least 10 characters, and not the name.
refused-busy = The coordinator has too much to do just now. Try again.

# overview

overview-hello = Good day, { $name }
overview-administrator = You may do everything here.
overview-registrar = You may register and correct people. The clerk's page at your desk is the place for it.
overview-reader = You may look at the register, and change nothing.
tile-desks = terminals online
tile-people = people in the register
tile-waiting = waiting for confirmation
alarms-none = Nothing needs your attention.
alarms-title = { $count ->
    [one] One thing needs your attention
   *[other] { $count } things need your attention
 }

# who is connected

map-title = Who is connected with whom
map-list = As a list
map-alone = not connected
map-hub = the coordinator

# terminals

desks-count = { $live } of { $all } connected
desks-enrol-again = The key by which desks know the coordinator was replaced. { $done } of { $all } desks have been enrolled again. Make a code for each of the others, and type it there:
desks-none = There is no terminal yet. Add the first one: it gets a code that is typed at its computer.
desks-gone = { $count ->
    [one] One terminal whose work has ended
   *[other] { $count } terminals whose work has ended
 }
desk-nowhere = There is no terminal { $code }.
desk-waiting = { $count ->
    [one] One registration waits for confirmation
   *[other] { $count } registrations wait for confirmation
 }
desk-left = { $count ->
    [one] One number left
   *[other] { $count } numbers left
 }
desk-used = { $percent } % of { $count } numbers used
range-used = { $used } used, { $left } left ({ $percent } %)
state-active = active
state-inactive = inactive
state-replaced = replaced
state-retired = retired
state-revoked = revoked
line-live = Online since { $time }
line-begun = Connecting
line-away = Offline, last seen { $time }
line-never = Not seen yet
line-none = Without a computer of its own
forecast-none = no numbers
forecast-never = no end in sight
forecast-today = used up today
forecast-day = { $days ->
    [one] until { $day } (1 day)
   *[other] until { $day } ({ $days } days)
 }
clock-ahead = Its clock is { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
 } ahead
clock-behind = Its clock is { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
 } behind

# links

nav-group-rights = People and programs
nav-group-upkeep = Upkeep
nav-pool = Numbers
nav-clerks = Clerks
clerks-what = Clerks choose their names at the desks; what they do bears them.
clerks-none = Nobody is on the list yet, so clerks type their names at the desks.
clerks-typing = Other names
clerks-typing-hint = What is typed is marked as typed.
clerks-typing-yes = may be typed at the desks
clerks-typing-no = cannot be typed where there are names to choose from
clerk-add = Add a clerk
clerk-name = Name
clerk-where = Works at
clerk-all-desks = all desks
clerk-some-desks = some desks
clerk-no-desk = no desk
clerk-desks = Desks
clerk-pin = PIN, if wanted
clerk-new-pin = New PIN
clerk-pin-hint = 4 to 12 digits. The desk asks for it, offline too.
clerk-has-pin = with PIN
clerk-pin-lost = set the PIN again
clerk-no-pin = Take the PIN away
clerk-no-pin-what = The name can be chosen without a PIN then.
clerk-remove = Remove
clerk-remove-what = The name can be chosen at no desk any more. What was done under it keeps it.
refused-bad_pin = Choose 4 to 12 digits that are neither all alike nor counted up or down.
nav-users = Users
nav-keys = API keys
nav-audit = What was done
nav-backups = Backups
nav-webhooks = Webhooks
nav-settings = Settings
nav-guide = First steps
form-save = Save

# the first start

first-title = The first start
first-why = Nobody can sign in here yet. You become the first administrator.
first-secret = Secret of the first start
first-secret-hint = mrnmesh-coordinator init has shown it; mrnmesh-coordinator setup-secret makes another.
first-name = Your name
first-act = Begin
refused-setup_secret_wrong = This is not the secret of the first start. Type it again, or make a new one: mrnmesh-coordinator setup-secret
refused-setup_done = There is a user already. Sign in.
refused-setup_elsewhere = The first user is made on the coordinator's own computer. Open this page there.
refused-bad_user_name = This name cannot be used: take letters, digits, spaces and . - _ '
refused-name_taken = Somebody has this name already. Take another.
refused-last_administrator = Nobody could administer any more. Make somebody else an administrator first.
guide-title = First steps
guide-steps = Steps
guide-facility = The clinic
guide-pool = Numbers
guide-desk = The first desk
guide-import = Earlier register
guide-backup = Backups
guide-why-facility = This name stands above the pages and on reports. It can be changed at any time.
guide-why-pool = Each desk gets a range of numbers of its own, for the time when the network fails. They come from here. Choose numbers that nobody else gives out.
guide-why-desk = A code lets a computer in, once. Make it here, and type it at the computer that is to be the desk.
guide-why-import = Patients of an earlier system keep their numbers. Without an earlier system, go on.
guide-why-backup = A backup is made every night. Another disk is the best place for it.
guide-next = Next
guide-later = Later
guide-skip = Leave it as it is
guide-finish = Finish

# letting a desk in

desks-add = Add a terminal
enrol-title = A code for { $code }
enrol-title-new = Add a terminal
enrol-code = Code of the terminal
enrol-code-hint = Letters, digits and hyphens, as in LAB1-PC. It stands in every record that comes from there.
enrol-name = What people call it
enrol-name-hint = May be left out
enrol-valid = The code is good for
enrol-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
 }
enrol-passphrase = Passphrase of the authority
enrol-more = More
enrol-host = Address of this computer
enrol-host-hint = The name or address by which desks reach it, if it has several
enrol-act = Make a code
enrol-type = Type this at the computer that is to be { $code }. It works once, until { $time }, and is shown only now.
enrol-qr = The code, for a camera
enrol-command = Command with the code
enrol-address = The desk looks for the coordinator at { $address }.
enrol-file = It never sees the coordinator
enrol-file-first = Two files let such a desk in. Type this at the desk, with the code of its terminal: it writes the first file, and shows a check.
enrol-file-request = The file of the desk
enrol-file-check = Check
enrol-file-check-hint = 17 characters that the desk has shown with its file.
enrol-file-act = Let it in
enrol-file-done = { $code } is let in. Carry the file back to it.
enrol-file-save = Save { $name }
enrol-file-then = Type this at the desk, in the folder where the file is:
enrol-file-back = The desk asks for the check of this file:
refused-wrong_check = The check does not belong to this file. Read it again from the desk, or choose the file that the desk has written.
refused-wrong_file = This is not the file that the desk has written for its coordinator.
refused-enrol_terminal_taken = Another computer works as this terminal. If this one takes its place, say first that it was replaced.
refused-enrol_proof_wrong = The file was not made by the computer that it names. Write it again at the desk.
refused-key_withdrawn = This computer takes part no more. Set it up anew, in a new folder.
enrol-same = This terminal has a computer: the code is good only there. If another computer takes its place, first say that it was replaced.
enrol-only-here = The coordinator lets in desks of its own computer only. For others, set sync_listen to 0.0.0.0:8471 in its settings, and restart it.
enrol-waiting = Waiting for the desk
enrol-done = { $code } is connected and ready to work.

# one terminal

desk-back = All terminals
desk-acts = What can be done
desk-act-enrol = Make a code
desk-act-grant = Grant numbers
desk-act-rename = Rename
desk-act-deactivate = Deactivate
desk-act-activate = Activate
desk-act-allow = Allow more
desk-act-token = Token for its programs
desk-act-replaced = Replace its computer
desk-act-retired = Retire
desk-act-revoked = Revoke
desk-name-label = Name
desk-line-label = Connection
desk-address-label = Address
desk-version-label = Version
desk-clock-label = Clock
desk-waiting-label = Waiting for confirmation
clock-right = right
desk-numbers = Numbers for the time without a network
desk-no-ranges = It has no numbers of its own.
desk-show-closed = Show closed ranges
range-granted = granted { $day }
fixed-by_coordinator = Closed by the coordinator.
fixed-use_unknown = It is not known here how far it was used.
fixed-copy_of_coordinator = An earlier copy of the coordinator has used it.
fixed-copy_of_desk = It was given to an earlier copy of this desk.
fixed-copy_of_database = An earlier copy of this computer's data has used it.
fixed-copy_of_machine = A copy of this computer has used it.
fixed-handed_over = It was handed over to the desk's own program.
fixed-clients_supply = The programs of this terminal give its numbers themselves.
fixed-coordinator_restored = The coordinator was restored from a backup.
fixed-terminal_replaced = Another computer has taken the place of this terminal.
fixed-terminal_retired = This terminal was closed for good.
fixed-terminal_revoked = This terminal was revoked.
fixed-deleted = It was deleted by a program.
fixed-older = Its data is older than what it has given out.
fixed-other_past = Its data, and the file that says which numbers were given, are of different copies or times.
fixed-no_witness = The file that says which numbers were given is missing, or comes from another computer.
fixed-lost_records = A desk has records that this coordinator wrote and has lost.
fixed-restored = It was restored from a backup of { $made }.
desk-salvage = If its computer is dead: what to type
desk-none-closed = No range was closed.
desk-rate = { $count } a day lately
grant-title = Grant numbers
grant-range = Range
grant-hint = Leave it empty for the next block of the pool.
grant-act = Grant
grant-allocator = Who gives these numbers
grant-by-node = The desk, also without a network
grant-by-coordinator = The coordinator, to programs that call it
never-granted = You know that nobody was ever given these numbers
never-granted-hint = After a recovery no numbers are taken without it, because some may be forgotten (--never-granted).
deactivate-title = Deactivate { $code }
deactivate-what = It gives no numbers for a while. It goes on syncing, and can be activated again.
deactivate-why-hint = Kept with the terminal. It may be left empty.
rename-title = Rename
rename-name = What people call it
allow-why = A terminal gets no more numbers in a day than a desk needs. For a campaign it may have more. The same goes for PINs that are changed there, and for how often its records are put back.
allow-days = For how long
allow-for = { $count ->
    [0] no longer
    [one] for 1 day
   *[other] for { $count } days
 }
token-why = A token lets a program register in the name of this terminal. An earlier one is withdrawn.
token-act = Make a token
end-title-replaced = Replace the computer of { $code }
end-title-retired = Retire { $code }
end-title-revoked = Revoke { $code }
end-for-good = This cannot be undone. What will happen:
end-connected = It is connected now; that ends at once.
end-away = It is not connected now.
end-ranges = { $ranges ->
    [one] 1 range is closed, with { $numbers } unused numbers that nobody ever gets.
   *[other] { $ranges } ranges are closed, with { $numbers } unused numbers that nobody ever gets.
 }
end-keys = { $count ->
    [one] 1 API key for it is withdrawn.
   *[other] { $count } API keys for it are withdrawn.
 }
end-disk = What it has registered and not sent yet does not come by itself: bring it in from its disk (mrnmesh-coordinator terminals salvage).
end-refused = What it has registered and not sent yet is refused, until you decide about each person.
end-unheard = A desk that has not heard of it goes on trusting it until it meets one that has.
end-next = Afterwards, make a code here for the new computer.
end-why = Why
# users

user-add = Add a user
user-role = Role
role-may-administrator = May do everything
role-may-registrar = May register and correct people, and look at the register
role-may-reader = May look at the register
user-since = since { $day }
user-disabled = disabled
user-you = you
user-change = Change
user-change-of = Change { $name }
user-password = First password
user-new-password = New password
user-password-ends = Leave it empty to keep the present one. A new one signs this user out everywhere.
user-active = May sign in
user-active-yes = yes
user-active-no = no

# keys

keys-why = Programs call the coordinator with a key. Give each program a key of its own, which may do no more than it needs.
keys-over = { $count ->
    [one] 1 key that is good no longer
   *[other] { $count } keys that are good no longer
 }
key-add = Make a key
key-withdraw = Withdraw
key-withdraw-of = Withdraw { $name }
key-withdraw-what = The program that has this key is refused from now on.
key-used = last used { $time }
key-unused = never used
key-expires = until { $time }
key-withdrawn = withdrawn { $time }
key-name = Name
key-name-hint = The program that gets it
key-scope = It may
scope-read = look at the register
scope-register = register for one terminal
scope-conflicts = decide about conflicts
scope-metrics = read what is measured
scope-administer = do everything
key-terminal = Terminal
key-until = Good until
key-until-hint = Empty: until it is withdrawn
key-make = Make the key
key-once = It is shown this once, and kept nowhere. Copy it now.
key-secret = Key

# the pool

pool-closed = This pool is closed for good, because the coordinator was set back. Name a new one, of numbers that nobody was ever given.
pool-range = Numbers for new ranges
pool-range-hint = First and last, as in 1000000-9999999. No other system may give out these numbers.
pool-block = Numbers in a range
pool-block-hint = So many a terminal gets at once
pool-next = The next range:
pool-empty = There is no free range any more.
pool-is-on = Terminals get a further range by themselves when 80 % is used.
pool-is-off = Terminals get no range by themselves.
pool-switch-off = Switch off
pool-switch-on = Switch on
pool-held = { $ranges ->
    [one] 1 open range, { $numbers } numbers left in it
   *[other] { $ranges } open ranges, { $numbers } numbers left in them
 }

# backups

backup-make = Make a backup now
backup-running = A backup is being made.
backup-failed = The backup of { $time } failed.
backup-last = Last backup: { $time }
backup-people = { $count } people
backup-none = There is no backup yet.
backup-nightly = A backup is made every night at 02:00.
backup-by-hand = No backup is made at night: the settings file says so.
rescue-title = If a computer is broken or lost
rescue-why = Nothing here is done from this page. Type each line on the computer that is named above it. Keep every old disk and data folder until everybody is there again.
rescue-command = Command to type
rescue-here = On the coordinator's computer:
rescue-hub = The coordinator's computer
rescue-hub-first = A backup brings it back, on this computer or on a new one with the same software. If the data folder { $folder } is there, rename it first.
rescue-hub-at = On the computer that is to be the coordinator:
rescue-fill = FILE is the newest backup: { $file }.
rescue-fill-key = KEY is the recovery key, on the paper.
rescue-hub-then = Then start its program. It waits until all desks have met it: switch them on. Desks go on registering meanwhile. Bring in what the former folder still has: mrnmesh-coordinator salvage.
rescue-check-at = To try whether a backup is good, which changes nothing:
rescue-disk = The disk of a desk that is dead
rescue-disk-first = People whom it registered and could not send are on its disk. Connect the disk to the coordinator's computer, before the terminal is revoked.
rescue-disk-of = Terminal
rescue-disk-fill = FOLDER is the data folder on that disk, or a backup of the desk. The disk is not changed, and the command can be typed again.
rescue-desk = The computer of a desk
rescue-desk-first = If the coordinator has everything, let a new computer take the desk's place, on the page of the terminal. A backup of the desk matters if it has worked offline.
rescue-desk-at = On the new computer of the desk:
rescue-desk-then = Then start its program, and never the old copy beside it.
cause-disk-full = the disk is full
cause-read-only = the disk can only be read
cause-disk-fails = the disk fails or is not there
cause-forbidden = this user is not allowed to use it
cause-missing = there is no such file or folder
cause-in-use = another program uses it
cause-nobody = no program answers there
cause-ended = the other side has ended the connection
cause-late = no answer came in time
cause-no-way = the network does not lead there
cause-no-name = no computer of this name is known
backup-place = Where backups go
backup-folder = Folder
backup-folder-hint = On the coordinator's computer. Another disk is better.

# webhooks

hooks-why = Changes of the register are delivered to these addresses, signed.
hooks-none = No address yet.
hook-add = Add an address
hook-url = Address
hook-url-hint = https, or http on this computer
hook-begin = What is delivered
hook-begin-hint = For the program there to have everybody, begin with the first change.
hook-from-now = Changes from now on
hook-from-first = All changes, from the first
hook-delivered = everything is delivered
hook-behind = { $count ->
    [one] 1 change is not delivered yet
   *[other] { $count } changes are not delivered yet
 }
hook-failing = Failing since { $time }:
hook-remove = Remove
hook-remove-of = Remove { $url }
hook-remove-what = Nothing more is delivered there.
hook-once = The program there checks with this secret that a delivery is genuine. It is shown this once.
hook-secret = Secret

# settings

facility-name = Name of the clinic
facility-hint = As it is to stand above the pages
settings-file = Addresses, certificates and the time zone stand in the file coordinator.toml, and count after a restart.
settings-version = Version { $version }, time zone { $zone }

# conflicts

nav-conflicts = Conflicts
nav-duplicates = Duplicates
nav-reports = Reports
nav-ledger = Ledger of numbers
nav-alerts = Alarms
list-pages = Pages of the list
list-page = Page { $page } of { $last }
list-before = Before
list-after = Next
conflicts-which = Which conflicts
conflicts-open = Open
conflicts-decided = Decided
conflicts-none = There is none.
conflict-look = Look
conflict-look-at = Look at { $mrn }
conflict-duplicate_mrn = Two people claim this number.
conflict-outside_range = The desk had no right to give this number.
conflict-duplicate_record = The record was registered twice.
conflict-revoked = It came from a computer that is not trusted any more.
conflict-malformed = The registration cannot be read.
conflict-double_verdict = Two people were both confirmed with this number.
conflict-is-open = to be decided
conflict-is-decided = decided
conflict-claims = Whose number was refused
conflict-has = Who has the number
conflict-card = { $desk } prints a new card with { $mrn } for
conflict-decide = Decide
conflict-what = What to do
conflict-why = Why
conflict-why-hint = Who decides later reads this, for example: saw both cards
conflict-do = Decide so
conflict-undo = Take the decision back
conflict-history = What was decided
conflict-in-force = in force
act-assign = A new number for the one whose number was refused
act-assign-what = Whoever has the number keeps it. The other one gets a new number and a new card.
act-award = The number for the one whose number was refused
act-award-what = Whoever has the number now gets a new one, and a new card.
act-merge = They are one person
act-merge-what = Both numbers lead to the record that counts.
act-void = The registration was a mistake
act-void-what = The record stays, marked. Nobody gets its number.
act-reopen = Taken back
act-reopen-what = The last decision does not count any more, and the conflict is open again. What a new number was given for stays given.

# two people side by side

person-compared = Two people side by side
person-field = Field
person-differs = differs
person-mrn = Number
person-origin_terminal_code = Terminal
person-created_at = Registered
person-operator = By

# people registered twice

duplicates-why = People who are probably registered twice. Nobody is merged unless somebody decides it.
duplicates-none = Nobody.
duplicates-which = Which pairs
duplicates-open = Open
duplicates-dismissed = Two people
duplicates-merged = Merged
grade-certain = certainly one person
grade-probable = probably one person
grade-possible = perhaps one person
duplicate-title = One person?
duplicate-later = Registered later
duplicate-earlier = Registered before
duplicate-merge = One person: merge the two records
duplicate-merge-what = Both numbers lead to the record that stays. This can be taken back.
duplicate-two-people = Two people
duplicate-two-people-what = They are not suggested any more.
duplicate-maybe-one = Perhaps one person after all
duplicate-maybe-one-what = They may be suggested for one another and merged again.

# alarms

alerts-which = Which alarms
alerts-open = Lasting
alerts-over = Over
alerts-none = There is none.
alerts-try = Send a trial message
alerts-not-set-up = No mail server is set up: see mail_server in the settings file.
alerts-sent = Sent by { $channel }.
alerts-unsent = Not sent by { $channel }:
level-alert = cannot wait
level-warning = can wait until tomorrow
alert-since = since
alert-ended = over since
alert-seen = Looked at by
alert-see = I look at it
alert-note = What you do about it
alert-note-hint = May be left out

# reports

report-span = Days
report-days = The last { $days } days
report-print = Print
report-csv-of = { $report } as CSV
report-table = As a table
report-registrations = Registrations
report-outages = Outages
report-reach = Numbers left
report-waits = Time until confirmed
report-conflicts = Conflicts
report-online = online
report-offline = offline
report-day = Day
report-terminal = Terminal
report-refused = refused
report-no-outages = No desk was cut off.
report-outages-sum = { $count ->
    [one] One outage, with { $people } people registered meanwhile
   *[other] { $count } outages, with { $people } people registered meanwhile
 }
report-began = From
report-ended = Until
report-lasted = How long
report-lasts = now
report-cause = Who was away
report-registered = Registered meanwhile
report-remaining = Left
report-per-day = A day
report-used-up = Used up on
report-never = not foreseen
report-people = People
report-median = half of them
report-ninety = nine in ten
report-longest = all
report-reason = Reason
report-all = All
report-open = Open
cause-desk = the desk
cause-coordinator = the coordinator
span-seconds = { $count } s
span-minutes = { $count } min
span-hours = { $count } h

# the ledger

ledger-why = Each number of each range and each day, and what became of it.
ledger-none = There are no numbers yet.
ledger-online = online numbers
ledger-numbers = Numbers
ledger-count = How many
ledger-kind = What became of them
ledger-because = Why
space-label = All numbers from the lowest to the highest, with { $count } ranges and the pool
space-range = range
space-used = used
space-pool = pool
space-closed = closed
kind-confirmed = confirmed
kind-confirmed-what = A person has it.
kind-waiting = waiting
kind-waiting-what = A person has it, and it waits for confirmation.
kind-by_hand = by hand
kind-by_hand-what = A program or a clerk has brought it along.
kind-imported = imported
kind-imported-what = A person has it from an earlier system.
kind-printed = on a sheet
kind-printed-what = It stands on a printed sheet, and nobody was entered with it.
kind-merged = merged
kind-merged-what = It leads to the record that counts.
kind-void = mistake
kind-void-what = Its registration was a mistake. Nobody gets it.
kind-former = former
kind-former-what = Its person was given another number.
kind-refused = refused
kind-refused-what = It was refused, and nobody else has it.
kind-asked = asked for
kind-asked-what = A desk asked for it today; its person is not here yet.
kind-lapsed = lapsed
kind-lapsed-what = A desk asked for it and did not use it. Nobody gets it.
kind-skipped = passed over
kind-skipped-what = It was passed over when numbers were given. Nobody gets it.
kind-earlier = earlier
kind-earlier-what = It was given out before this desk had the range.
kind-unissued = not given out
kind-unissued-what = It was not given out yet.
kind-closed = closed
kind-closed-what = Its range was closed first. Nobody gets it.
kind-lost = lost
kind-lost-what = Its desk is gone, and nobody with it has come. Nobody gets it.

# what was done

audit-whole = The record is whole: { $count } entries, and no desk knows it otherwise.
audit-broken = The record is not whole, or desks know it otherwise. Run mrnmesh-coordinator audit verify, and tell whoever is responsible for the clinic's data.
audit-who = By whom
audit-act = Kind
audit-about = About
audit-outcome = Outcome
audit-outcome-any = Any
audit-outcome-done = Done
audit-outcome-refused = Refused
audit-show = Show
audit-more = Show more

# recovery

nav-recovery = Recovery
overview-recovery = The coordinator is in recovery: see what it waits for
recovery-off = The coordinator is not in recovery.
recovery-why = The coordinator was set back to an earlier copy. Until it knows again what it had given out, it gives no numbers and no ranges, and confirms nothing. Desks go on with their own numbers.
recovery-awaited = { $count ->
    [0] It waits for no desk
    [one] It waits for one desk
   *[other] It waits for { $count } desks
 }
recovery-missing = { $count ->
    [0] Nothing is missing that it had given out.
    [one] One entry that it had given out is missing.
   *[other] { $count } entries that it had given out are missing.
 }
recovery-by-itself = Switch these desks on. Recovery ends by itself when all have connected and nothing is missing. End it yourself only if a desk is lost for good.
recovery-by-hand = No desk that is here knows more, so it does not end by itself. If there is a newer backup, or the disk of a desk that is gone, bring that in first, as below. Then end it yourself.
recovery-end = End recovery now
recovery-end-desks = { $count ->
    [0] No desk is given up.
    [one] 1 desk is not waited for any more: { $desks }. What only this one knows of ranges and numbers is given up.
   *[other] { $count } desks are not waited for any more: { $desks }. What only these know of ranges and numbers is given up.
 }
recovery-end-missing = { $count ->
    [0] No entry is written down as lost.
    [one] 1 entry that nobody has brought back is written down as lost.
   *[other] { $count } entries that nobody has brought back are written down as lost.
 }
recovery-end-pool = The pool { $range } ({ $numbers } numbers) is closed, because those desks may hold ranges of it. Name another one afterwards, under Numbers.
recovery-end-judged = { $count ->
    [one] 1 registration that waits for confirmation is judged by what is known now.
   *[other] { $count } registrations that wait for confirmation are judged by what is known now.
 }

# certificates

nav-certificates = Certificates
authority-title = What lets desks in
authority-why = The coordinator issues each desk a certificate. A new authority takes the place of this one while desks go on working: once a year, or when its key may be in wrong hands.
authority-now = Key of the authority in use
authority-next = Key of the next one
authority-passphrase-label = Passphrase
authority-is-locked = needed for each new code
authority-is-open = none
authority-renewing = Desks get certificates of the next authority when they connect. When nobody is left, withdraw the one in use.
authority-left = { $count ->
    [one] One desk has no certificate of the newest authority yet. Let it connect, or make a new code for it.
   *[other] { $count } desks have no certificate of the newest authority yet. Let them connect, or make new codes for them.
 }
authority-nobody-left = Every desk has a certificate of it.
authority-renew = Introduce a new authority
authority-renew-act = Introduce it
authority-renew-what = Both are good from now on. Desks get new certificates by themselves when they connect. Afterwards you withdraw the one in use.
authority-finish = Withdraw the authority in use
authority-finish-certificates = All certificates of the authority in use end at once.
authority-finish-left = { $count ->
    [0] No desk is left behind.
    [one] 1 desk cannot connect any more until it has a new code: { $desks }.
   *[other] { $count } desks cannot connect any more until each has a new code: { $desks }.
 }
authority-passphrase = Change its passphrase
authority-passphrase-what = With a passphrase nobody can let a desk in who does not know it, not even with a copy of this computer's disk.
authority-passphrase-old = Present passphrase
authority-passphrase-new = New passphrase
authority-passphrase-none = 10 characters or more. Empty: none any more
refused-wrong_passphrase = This is not the passphrase of the authority. Type it again.
refused-authority_locked = The passphrase of the authority is needed.
pages-title = What browsers trust
pages-why = Other computers and telephones open these pages over HTTPS. They trust them once they have this certificate.
pages-on = Other computers are answered at { $address }.
pages-off = Other computers are not answered yet: set https_listen in coordinator.toml, and restart the coordinator.
pages-own = The clinic has a certificate of its own, so no computer needs this one.
pages-fingerprint = Fingerprint (SHA-256)
pages-hosts = Names of this computer
pages-how = Download the file, carry it to each computer, and compare the fingerprint that it shows there. How it is installed on Windows, Linux and Android: mrnmesh-coordinator docs https
pages-none = There is none yet. The coordinator makes one when it answers other computers.
pages-download = Download the certificate
pages-make = Make one now
pages-make-what = It is made for the names that this computer has now.
pages-renew = Make a new one
pages-renew-what = A new certificate takes the place of this one within a minute. This cannot be undone: every computer and telephone that trusts the old one has to trust the new one before it can open these pages again. Desks are not concerned.

# clocks

nav-clocks = Clocks
clock-now = It is { $time }
clock-followed = Numbers, ages and times go by the clock of the coordinator's computer.
clock-not-followed = The clock of the coordinator's computer shows { $time }, which nobody believes. If it is wrong, set it. If it is right, say so.
clock-unsettled = No desk has confirmed the time since the coordinator was started.
clock-right-act = The clock is right
clock-right-what = From now on numbers, ages and times go by the clock of the coordinator's computer, whatever desks show.
times-title = Times that nobody believes
times-why = When a clock was wrong, what was written by it has wrong times. Name the stretch as that clock showed it: then corrections are ordered without it.
times-none = None.
times-add = A clock was wrong
times-what = From when to when, as that clock showed it. It can be taken back.
times-author = Whose clock
times-first = From
times-last = Until
times-act = Do not believe it
times-back = Believe it again
times-back-of = Believe the clock of { $desk } again
browser-clock = The clock of this computer shows { $here }, that of the coordinator { $there }. Set this one: on Windows a right click on the clock and “Adjust date and time”, on Android Settings, “Date and time”. While it is wrong, browsers may refuse these pages as not secure.

# what desks ask for

nav-requests = Requests
requests-why = Desks decide nothing about records. What clerks ask for stands here until you answer it.
requests-which = Which requests
requests-open = Unanswered
requests-all = All
requests-none = Nobody asks for anything.
requests-back = All requests
request-one = Record
request-other = Other record
request-ends = Leads to the other one
request-counts = Counts from then on
request-carry-out = Do it
request-carry-out-what = All desks see what was done. It can be taken back.
request-refuse = Refuse it
request-refuse-what = The desk sees your reason.

# what numbers look like

form-title = What new numbers look like
form-why = A check digit finds numbers that were mistyped. Numbers that people have stay as they are.
form-plain = Numbers of ranges
form-online = Online numbers
form-as-they-are = as they are
form-in-a-form = with prefix or check digit
form-change = Change
form-change-of = Change: { $kind }
form-looks = They are printed
form-prefix = Prefix
form-prefix-hint = Capital letters, digits, hyphen, full stop. It may be empty.
form-width = Digits
form-width-hint = Shorter numbers get zeros in front
form-check = Check digit
form-separator = Before the check digit
form-separator-none = nothing
check-none = none
check-damm = Damm
check-verhoeff = Verhoeff
check-luhn = Luhn
check-luhn30 = Luhn with letters
check-mod11_10 = ISO 7064, 11-10
check-mod97_10 = ISO 7064, 97-10 (two digits)
form-look = See what it does
form-do = Do it
form-after = New numbers will be printed
form-before = now:
form-example = One of the next:
form-old = { $count } numbers of ranges that were granted before still look as before.
form-stay = Numbers that people have stay as they are, and stay good.
form-earlier = Upgrade these first, because their version prints numbers without it: { $desks }
form-unknown = Not connected, so their version is not known: { $desks }
form-upgraded = Do these have this version?

# sheets

nav-sheets = Sheets for paper
nav-paper = Typing in from paper
sheets-title = Sheets for paper
sheets-why = Numbers that this desk has printed ahead. Type people in here from its paper if its computer cannot do it.
sheets-none = This desk has printed no sheet.
sheets-left = { $count ->
    [0] all typed in
    [one] 1 not typed in
   *[other] { $count } not typed in
 }
sheets-type-in = Type in who was written beside { $mrn }
paper-why = For { $code }, with this number and the time that stands on the paper.
paper-register = Register
refused-mrn_conflict = Somebody was registered with this number already. Look at the sheet again.

# terminals without a computer of their own

desks-add-without = Add one without a computer
without-why = For a place whose program registers at the coordinator. It gets a key under API keys.
without-range-hint = Numbers of its own for offline registrations, as in 720000-720999. It may be empty.

# people who were sent twice

twice-title = Probably sent twice
twice-why = A program has sent these with one key, so they are probably one person: ask which of the two cards is to be taken back.

# the recovery key

recovery-key = Recovery key
recovery-key-why = The coordinator's own keys lie locked inside each backup, and this key opens them. A restore asks for it.
recovery-key-make = Make a new recovery key
recovery-key-what = It opens the keys in backups that are made from now on. The key of before still opens those of before.
recovery-key-once = Write it down, and keep it where the backups are not. It is shown this once.

# people and their records

nav-people = People
people-unconfirmed-why = Nobody has confirmed yet who these people are.
people-back-to-one = Back to the record
people-conflicts = This number was refused. Decide about it among the conflicts.
people-asked = What desks ask about this record
people-former = Records that were merged into this one
find-how = Enter opens the first one.
find-nobody = Nobody fits.
person-is-void = The record { $mrn } was set aside as a mistake.
person-is-merged = The record { $mrn } was merged into another one.
person-counts = To the record that counts
person-taken = wanted
pair-not-yours = You may compare them. An administrator decides: tell one what you know.
pair-two-people = It was decided that they are two people:
decide-confirm = Say who this is
decide-confirm-what = Write what is known now. If this person has another record here, merge both instead.
decide-confirm-save = Save: this is who it is
decide-merge = Merge with another record
decide-merge-what = Find the other record of the same person. You see both side by side before anything is done.
decide-merge-find = Number or name of the other record
decide-unmerge = Take the merge back
decide-unmerge-of = Take the merge of { $mrn } back
decide-unmerge-what = Both records count by themselves again, each with its own values and with what was corrected on it since. Each number finds its own record.
decide-void = Registered by mistake
decide-void-what = The record stays, marked as a mistake. Its number stays used, and nobody else gets it. This can be taken back.
decide-void-not = Other records were merged into this one. Take that back first.
decide-unvoid = No mistake after all
decide-unvoid-what = The record counts again, with its number.
request-answered = The answer
request-otherwise = If the other number is to count:
request-values = What the clerk wants is chosen. Choose otherwise where you know better.
request-by-hand = merge the two yourself, and refuse this request
refused-seen_otherwise = Somebody has changed one of the two records meanwhile. They are shown as they are now: look again.
refused-merged_into_another = One of the records was merged into another one meanwhile. Look again.
refused-changed_meanwhile = Somebody else has corrected this person meanwhile. Look at the record, then save again.
refused-in_recovery = The coordinator is in recovery, and decides nothing now.

# what is wrong, and what to do about it. The same is said in English by commands and in the log.

alarm-address_silent = Nobody can connect to the coordinator at { $address }.
alarm-address_silent-do = Restart it. If that does not help, look for a firewall or another program at this address.
alarm-alerts_unsent = Alarms cannot be sent by { $channel }: { $why }.
alarm-alerts_unsent-do = Put it right, then send a trial message, under Alarms. What was not sent is sent then.
alarm-audit_differs = The record of what was done is not the one that desks know, from entry { $entry } on or before it: somebody has changed the database.
alarm-audit_differs-do = Compare with a backup of before, and find out who can write on the coordinator's computer.
alarm-audit_forked = The record of what was done has two versions of entry { $entry }: it was written anew, or there are two coordinators.
alarm-audit_forked-do = If a second coordinator runs, stop it. Tell whoever is responsible for the clinic's data.
alarm-backup_failed = No backup can be made: { $why }
alarm-backup_failed-do = Put that right, or choose another folder, under Backups. It is tried again every 15 minutes.
alarm-backup_missing = There is no backup in { $folder }.
alarm-backup_missing-do = Make one now, under Backups.
alarm-backup_old = The last good backup is of { $last }, more than two days ago.
alarm-backup_old-do = Make one now, under Backups, and find out why none was made at night.
alarm-clock_ahead = The clock of the coordinator's computer is { $amount } { $unit ->
    [minute] { $amount ->
        [one] minute
       *[other] minutes
     }
    [hour] hours
   *[day] days
 } ahead.
alarm-clock_ahead-do = Set it, and let it set itself from the network.
alarm-clock_behind = The clock of the coordinator's computer is { $amount } { $unit ->
    [minute] { $amount ->
        [one] minute
       *[other] minutes
     }
    [hour] hours
   *[day] days
 } behind.
alarm-clock_behind-do = Set it. After each power cut the same? Then its battery is empty.
alarm-clock_differs = The clock of { $desk } is { $amount } { $unit ->
    [minute] { $amount ->
        [one] minute
       *[other] minutes
     }
    [hour] hours
   *[day] days
 } { $side ->
    [ahead] ahead
   *[behind] behind
 }.
alarm-clock_differs-do = Set the clock at that computer. If that one is right, set the coordinator's, and say so under Clocks.
alarm-clock_stepped = The clock of the coordinator's computer shows { $shown }, but by all that is known it is { $now }. Numbers, ages and times go by the latter.
alarm-clock_stepped-do = If it is wrong, set it. If it is right, say so under Clocks.
alarm-clock_unknown = The clock of { $desk } went back while its computer was off.
alarm-clock_unknown-do = Set the clock of that computer. After each power cut the same? Then its battery is empty.
alarm-code_guessed = Somebody at { $address } sends one wrong code after the other. They are refused.
alarm-code_guessed-do = Find that computer on the network. Codes that you have given stay good for others.
alarm-code_used_twice = A second computer has shown the code for { $desk }, which was used before. It was not let in.
alarm-code_used_twice-do = Is the right computer { $desk }? If not, revoke it, then make a new code for the right one. Give codes only to whom they are for.
alarm-conflicts_open = { $count ->
    [one] One conflict is open.
   *[other] { $count } conflicts are open.
 }
alarm-conflicts_open-do = Ring the desks, then decide each, under Conflicts.
alarm-database_damaged = The coordinator's database is damaged: { $what }.
alarm-database_damaged-do = Stop the coordinator, rename its data folder and keep it, and restore the last good backup into a new folder. Then bring in what the old folder still has: mrnmesh-coordinator salvage. Let somebody look at the disk.
alarm-desk_unknown = { $reason ->
    [unknown] A computer that calls itself { $desk } wants to connect, and is not known here.
   *[key] A computer that calls itself { $desk } wants to connect, and its key is not that of the known one.
 }
alarm-desk_unknown-do = If it is one of yours, make a code for it, under Terminals; if it was set up anew, first say that it was replaced. If not, find out which computer it is.
alarm-disk_forbidden = The system does not let the coordinator use its files.
alarm-disk_forbidden-do = Let its user read and write the data folder and all that is in it, and see that its disk is connected.
alarm-disk_full = The disk of the coordinator is full: nothing can be written, people can still be found.
alarm-disk_full-do = Free some space on it. All goes on by itself then.
alarm-disk_read_only = The coordinator's database can only be read: nothing can be written.
alarm-disk_read_only-do = See whether its disk was mounted for reading only, as a system does with a failing disk.
alarm-disk_unwritable = The disk of the coordinator fails.
alarm-disk_unwritable-do = Look at the disk and its cables, and make a backup on another disk.
alarm-duplicates_waiting = { $count } pairs of records are probably one person each, and nobody has decided yet.
alarm-duplicates_waiting-do = Work through them when you have an hour, under Duplicates. Ask the person, or look at the paper file.
alarm-https_certificate = The certificate for pages cannot be renewed ({ $why }), so browsers refuse it.
alarm-https_certificate-do = See that https_certificate and https_key in the settings file name a good certificate and its key.
alarm-https_names = Browsers do not trust this coordinator under { $names }: what they trust was made for other names.
alarm-https_names-do = Make a new certificate, under Certificates, and let all computers trust it instead.
alarm-in_recovery = { $count ->
    [0] The coordinator is in recovery: it gives no numbers or ranges and confirms nothing.
   *[other] The coordinator is in recovery: it gives no numbers or ranges and confirms nothing. It waits for { $desks }.
 }
alarm-in_recovery-do = { $count ->
    [0] It does not end by itself: see the page on recovery, which the overview leads to.
   *[other] Switch these desks on. The page on recovery, which the overview leads to, says what is missing.
 }
alarm-job_failed = A part of the coordinator failed in a way that was not foreseen: { $part }.
alarm-job_failed-do = It is tried again. If this stays, restart the coordinator, and report what its log says.
alarm-no_block = { $desk } needs a new range and gets none by itself.
alarm-no_block-do = Grant it one, on its page. See under Numbers whether ranges are given by themselves, and whether there are any left.
alarm-no_enrolment = No desk can be let in with a code: { $why }
alarm-no_enrolment-do = Choose a free port (enrol_listen in the settings file), and restart the coordinator.
alarm-numbers_low = { $desk } has { $left } numbers left, { $percent } % are used{ $days ->
    [-1] .
    [0] ; they end today.
    [one] ; they end in 1 day.
   *[other] ; they end in { $days } days.
 }
alarm-numbers_low-do = Connect it: it gets a new range by itself. Or grant one on its page.
alarm-numbers_of_no_range = { $blocks ->
    [0] { $desk } has used { $count } numbers that no range has. Nobody else gets them.
   *[other] { $desk } has used { $count } numbers that no range has. Nobody else gets them. The pool does not give { $ranges }: { $desk } may have been given these numbers, and the coordinator has forgotten it.
 }
alarm-numbers_of_no_range-do = Look at the desk { $desk }. If it is not honest, revoke it. If the pool has no range left, name another one under Numbers.
alarm-sent_twice = { $count ->
    [one] One person was probably sent twice by a program.
   *[other] { $count } people were probably sent twice by a program.
 }
alarm-sent_twice-do = Look at both, under Duplicates. If they are one person, tell the desk which of the two cards to take back.
alarm-looks_changed = The record of who looked at whom is not as it was written, at entry { $entry }: somebody has changed the database.
alarm-looks_changed-do = Run mrnmesh-coordinator looked verify, compare with a backup of before, and find out who can write on the coordinator's computer.
alarm-records_changed = A fault of the coordinator's computer has changed what was written in its database ({ $what }). Other computers cannot take what was written together with it.
alarm-records_changed-do = Keep its data folder, and restore the last good backup into a new one. Then bring in what the old folder still has: mrnmesh-coordinator salvage. Have the disk and the memory of that computer looked at.
alarm-records_mended = { $count ->
    [one] A fault of the coordinator's computer had changed one record. It was put right.
   *[other] A fault of the coordinator's computer had changed { $count } records. They were put right.
 }
alarm-records_mended-do = Have the disk and the memory of that computer looked at, and see that there are backups on another disk.
alarm-set_back = The coordinator's database is not as new as what it has told: its files did not belong together, or it was put back.
alarm-set_back-do = Let all desks meet it: what they have comes back by itself. If there is a newer copy of its data folder, keep it. If this comes again after the recovery, restore the last good backup into a new folder. Then bring in what the old folder still has: mrnmesh-coordinator salvage.
alarm-store_busy = Another program keeps the coordinator's database busy: nothing can be written.
alarm-store_busy-do = End that program: no other one than the coordinator may use register.db.
alarm-tables_differ = What the coordinator shows may be wrong: its tables are not what was recorded ({ $what }).
alarm-tables_differ-do = Nothing is lost. Stop the coordinator, run this on its computer, and start it again: mrnmesh-coordinator rebuild. Have the disk looked at.
alarm-store_exchanged = The coordinator's database was exchanged or removed while it runs: nothing can be written.
alarm-store_exchanged-do = Do not stop the coordinator: it still has everything. Move the very file back. If that is not to be had, make a backup now, under Backups; only then stop it, and restore that backup into a new folder.
alarm-store_fails = The coordinator's database cannot be used.
alarm-store_fails-do = Run this on its computer, and do what it says: mrnmesh-coordinator doctor
alarm-stray_numbers = { $desk } has used { $count } numbers of { $range }, which only { $own } may give out. Nobody else gets them.
alarm-stray_numbers-do = Look at the desk { $desk }. If it is not honest, revoke it. { $own } gets a new range in time.
alarm-times_ahead = Records that { $desk } wrote have times in the future, the last of them { $last }: the clock was wrong.
alarm-times_ahead-do = Say under Clocks that nobody is to believe these times.
alarm-too_many_numbers = { $desk } asks for more numbers than a desk needs. For now it gets one a second, and gives numbers of its own range.
alarm-too_many_numbers-do = Look at the desk. If it needs them, allow more, on its page.
alarm-too_many_parts = { $desk } has begun { $count } parts of the register that it did not fill.
alarm-too_many_parts-do = Its software is faulty, or it is not honest. Look at the desk, and revoke it if need be.
alarm-too_many_pins = At { $desk } PINs of clerks were changed { $count } times or more within a short time. For now one more is taken every four hours; the PINs of before stay good.
alarm-too_many_pins-do = Look at the desk. If the clerks changed them, allow more, on its page. If the desk is not honest, revoke it, and give the clerks new PINs.
alarm-too_many_restores = The records of { $desk } were put back from a backup, or copied, { $count } times or more within a short time. For now it gets new numbers of its own after that only once a day. Without them it takes those of the coordinator, and can register nobody while it is cut off. Nobody whom it has registered is lost.
alarm-too_many_restores-do = Look at the desk: is its disk put back again and again? If that is meant, allow more, on its page. If the desk is not honest, revoke it.
alarm-two_computers = Two computers are { $desk } at the same time: one is a copy of the other.
alarm-two_computers-do = Find the copy and switch it off: only one of the two is let in. Keep its data folder, bring in what it has registered (mrnmesh-coordinator terminals salvage), and set it up again under a code of its own.
alarm-two_coordinators = Two coordinators from one backup have written different things: { $what }.
alarm-two_coordinators-do = Stop the one that is not yours, grant these terminals new ranges, and look at the conflicts.
alarm-webhook_failing = Changes cannot be delivered to { $url } ({ $why }).
alarm-webhook_failing-do = Look at that program. Nothing is lost: deliveries go on when it answers. If it is gone for good, remove it, under Webhooks.
alarm-witness_shared = A second copy of the coordinator's data folder runs on this computer. No number is given here.
alarm-witness_shared-do = Stop the copy, then restart the coordinator.
alarm-witness_unwritable = The file that remembers which numbers were given cannot be written. No number is given here.
alarm-witness_unwritable-do = Look at the disk that it is on, its free space, and who may write there. All goes on by itself then.
alarm-bad_peer = { $count ->
    [one] { $desk } does not keep to the rules of sync: once within an hour. Nothing of that was taken, and the others go on.
   *[other] { $desk } does not keep to the rules of sync: { $count } times within an hour. Nothing of that was taken, and the others go on.
 }
alarm-bad_peer-do = Look at that computer: its version, its line. If it is not honest, revoke it.
alarm-strangers = A computer at { $address } has begun to connect { $count } times, and showed nothing that lets it in.
alarm-strangers-do = Find out which computer that is. If it is a desk of yours, make a code for it. If not, take it off the network.
alarm-enrol_again = { $count ->
    [one] The key by which desks know the coordinator was replaced, and 1 desk still has the former one: { $desks }. It registers with numbers of its own, and nothing of it arrives here.
   *[other] The key by which desks know the coordinator was replaced, and { $count } desks still have the former one: { $desks }. They register with numbers of their own, and nothing of it arrives here.
 }
alarm-enrol_again-do = Make a code for each of them, under Terminals, and type it at that desk.

# the register of an earlier system

nav-import = Earlier register
import-how = A table of the earlier system, as a CSV file or as a workbook (.xlsx). Nothing is changed before you have seen what would become of it. Import the terminals first.
import-table = What is in it
import-table-terminals = Terminals with their ranges
import-table-patients = Patients with their numbers
import-file = File
import-encoding = How its letters are written
import-encoding-hint = Only if names come out garbled below
import-encoding-utf-8 = Unicode (UTF-8)
import-encoding-cp1256 = Windows, Arabic and Urdu
import-encoding-cp1252 = Windows, western
import-read = Read the file
import-reading = Reading
import-another = Take another file
import-rows-patients = { $count ->
    [one] 1 person
   *[other] { $count } people
 }
import-rows-terminals = { $count ->
    [one] 1 terminal
   *[other] { $count } terminals
 }
import-form-csv = CSV in { $encoding }, columns separated by “{ $delimiter }”
import-form-csv_tabs = CSV in { $encoding }, columns separated by tabs
import-form-workbook = Workbook, sheet { $sheet }
import-form-workbook_more = Workbook, sheet { $sheet }; not read: { $others }
import-look-empty = Empty
import-look-filled = { $count } filled: { $samples }
import-look-dates = { $count ->
    [one] 1 date as { $forms }
   *[other] { $count } dates as { $forms }
 }
import-look-dates_either = { $count ->
    [one] 1 date as one of { $forms }
   *[other] { $count } dates as one of { $forms }
 }
import-look-no_dates = No dates
import-look-other = { $count } other
import-look-other_as = { $count } other, for example { $example }
import-look-others = { $count } other: { $samples }
import-look-digits = { $digits ->
    [one] { $count } of 1 digit ({ $example })
   *[other] { $count } of { $digits } digits ({ $example })
 }
import-look-like = { $count } like { $example }
import-columns = The columns of the file
import-column = Column
import-looks = What is in it
import-ignored = Not imported, because nothing here holds it: { $columns }
import-days = Day and month cannot be told apart in this file: ask whoever made it.
import-dates = How its dates are written
import-lenient = Take people without a field that breaks a rule
import-lenient-hint = An impossible date or a telephone with letters is left out. The report names each.
import-odd = Take rows that look odd too
import-odd-hint = A number without a digit, a name without a letter, a birth after the registration
import-try = Try it, change nothing
import-take = { $count ->
    [one] Take 1 over
   *[other] Take { $count } over
 }
import-progress = { $done } of { $all } rows
import-taken-would = { $count } would be taken over
import-taken-did = { $count ->
    [one] 1 was taken over
   *[other] { $count } were taken over
 }
import-there = { $count ->
    [one] 1 is here already
   *[other] { $count } are here already
 }
import-filled = { $count ->
    [one] 1 of these gets something that was missing
   *[other] { $count } of these get something that was missing
 }
import-alike = { $count ->
    [one] One looks like somebody who is registered already
   *[other] { $count } look like somebody who is registered already
 }
import-left-out = { $count ->
    [one] One loses a field that breaks a rule
   *[other] { $count } lose a field that breaks a rule
 }
import-refused-would = { $count } would not be taken
import-refused-did = { $count ->
    [one] 1 was not taken
   *[other] { $count } were not taken
 }
import-code-invalid_fields = a field breaks a rule
import-code-invalid_patient = a field breaks a rule
import-code-broken_row = the row has another number of cells than the header
import-code-mrn_in_use = somebody else has the number
import-code-mrn_conflict = somebody else has the number
import-code-twice_in_file = the number stands twice in the file
import-code-odd_row = the row looks odd
import-code-damaged_number = a spreadsheet has damaged the number
import-code-look_alike_in_use = somebody has a number that looks like it
import-code-bad_mrn = this is no number
import-code-mrn_granted = the number lies in a desk's range
import-code-content_differs = imported before with other content
import-code-no_person = the row is a total or a heading, and no person
import-code-number_ahead = a desk is going to give the number to somebody else
import-code-number_printed = the number stands on a printed sheet
import-code-origin_unknown = there is no such terminal: import the terminals first
import-code-terminal_differs = there is such a terminal with another range
import-code-overlapping_range = the range overlaps another one
import-report = Rows that are not taken, as CSV
refused-import_running = A file is being read or imported. Wait until that has ended.
refused-import_stopped = The coordinator is being stopped. Hand the file over again when it runs again.
refused-another_file = Somebody else has handed over another file meanwhile. It is shown now: look at it first.

# who looked at whom

nav-looked = Who looked at whom
looked-here = Who saw which people here, at the coordinator. Each desk has a record of its own: run mrnmesh-node looked there.
looked-check = Check whether the record is whole
looked-whole = The record is whole: { $count } entries.
looked-broken = The record is not whole: somebody has changed the database. Run mrnmesh-coordinator looked verify, and tell whoever is responsible for the clinic's data.
looked-person = Number or record id
looked-who = By whom
looked-first = From this day
looked-last = To this day
looked-none = There is no such entry.
looked-somebody = Somebody unknown
looked-others = and { $count } more
looked-people = { $count ->
    [one] One person
   *[other] { $count } people
 }
looked-unnamed = { $count ->
    [one] One more entry names nobody: this person may have been in a long list, or something is missing at that time.
   *[other] { $count } more entries name nobody: this person may have been in a long list, or something is missing at that time.
 }
looked-way-page = on a page
looked-way-unattended = on a page that nobody used then
looked-way-command = by a command
looked-way-program = by another program
looked-act-opened = A record was opened
looked-act-history = A history was looked at
looked-act-listed = People stood in a list
looked-act-suggested = Shown as perhaps the same person
looked-act-compared = Two records were compared
looked-act-printed = Labels were printed
looked-act-switched_on = The record is kept from here on
looked-act-switched_off = The record is not kept from here on
looked-act-removed = Old entries were removed
looked-act-missed = Something is missing here
looked-act-set_back = The database was put back to an older copy
looked-act-restored = A backup was restored
audit-of-terminals = Terminals
audit-of-users = Users and signing in
audit-of-keys = API keys
audit-of-system = The coordinator
audit-of-enrolment = Letting in desks
audit-of-access = Calls without the right
audit-of-console = Commands on the coordinator's computer
audit-of-audit = This record
audit-of-changes = Webhooks
audit-of-conflicts = Conflicts
audit-of-patients = People
audit-of-alerts = Alarms
audit-of-import = Earlier register
audit-of-reports = Reports
audit-done = done
refused-bad_number_format = Numbers cannot be printed like that. Choose another prefix, number of digits or check digit.
refused-bad_stretch = This time cannot be named: take two times, the earlier one first.
audit-of-clerks = Clerks
