# The texts of the clerk's page.

page-unreachable = The program of this desk does not answer. What you have typed stays here. If it does not come back within a minute, restart the computer or call the administrator.
desk-title = { $view } · { $desk }
nav-label = Pages
nav-find = Find
nav-today = Today
nav-unconfirmed = Identity
nav-labels = Labels
skip = To the content

# The line that says how things stand.

standing-label = How things stand
standing-online = Online
standing-offline = Offline since { $time }
standing-left = { $count ->
    [one] { $count } number left
   *[other] { $count } numbers left
  }
standing-waiting = { $count ->
    [one] { $count } person waits for confirmation
   *[other] { $count } people wait for confirmation
  }
standing-desks = in reach: { $desks }
standing-alone = no other desk in reach
standing-unknown = This desk is not known to the coordinator yet. Ask the administrator to let it in.
standing-inactive = This desk was switched off by the administrator. Nobody can be registered here until it is switched on again.
standing-replaced = Another computer has taken the place of this one. Register people there.
standing-retired = This desk was closed for good. Nobody is registered here any more.
standing-revoked = This desk was shut out. Call the administrator.
standing-notes = { $count ->
    [one] { $count } thing to know
   *[other] { $count } things to know
  }

# What is not as it should be, and what a clerk does about it.

alarm-audit_forked = The coordinator has signed two versions of what was done there. Tell the administrator.
alarm-numbers_low = Few numbers are left for the time without a network. Go on registering, and tell the administrator today.
alarm-no_range = This desk has no numbers of its own: it cannot register while it is offline. Tell the administrator.
alarm-clock_ahead = The clock of this computer is ahead. Ask somebody to set it. You can go on registering.
alarm-clock_behind = The clock of this computer is behind. Ask somebody to set it. You can go on registering.
alarm-clock_differs = The clock of this computer and that of the coordinator differ. Tell the administrator. You can go on registering.
alarm-clock_stepped = The clock of this computer shows a time that cannot be right. Ask somebody to set it. You can go on registering.
alarm-two_computers = A second computer says that it is this desk. Tell the administrator before you register more people.
alarm-conflicts_here = The number of somebody who was registered here was refused, or somebody else has it too. Do not hand out that card. The administrator decides.
alarm-cards_to_reprint = The number of somebody who was registered here has changed. Print the new label.
alarm-disk_full = The disk of this computer is full. Nobody can be registered until there is room. Call the administrator.
alarm-disk_read_only = This computer cannot write to its disk. Nobody can be registered. Call the administrator.
alarm-disk_unwritable = The disk of this computer fails. Nobody can be registered. Call the administrator.
alarm-disk_forbidden = The program may not use its files. Nobody can be registered. Call the administrator.
alarm-witness_unwritable = The program cannot write a file that it needs for numbers. No number is given. Call the administrator.
alarm-witness_shared = A second copy of this desk's program runs on this computer. No number is given. Call the administrator.
alarm-looks_changed = Somebody has changed what this desk has recorded of who looked at people. Call the administrator.
alarm-records_changed = A fault of this computer has changed a record. You can go on registering, but those who were registered here may not reach other desks. Call the administrator.
alarm-records_mended = A fault of this computer had changed a record, and it was put right. You can go on registering. Tell the administrator.
alarm-set_back = This computer was set back to an earlier state. It gives no numbers of before. Call the administrator.
alarm-stray_numbers = Another desk has used numbers of this desk. You can go on registering. Tell the administrator.
alarm-two_coordinators = There are two coordinators. Tell the administrator.
alarm-database_damaged = The data of this desk is damaged. Call the administrator now.
alarm-tables_differ = What this desk shows of people may be wrong. Nothing is lost. Call the administrator now.
alarm-store_busy = Another program keeps the data of this desk busy. Close other programs, or call the administrator.
alarm-store_exchanged = Somebody has exchanged or removed the data of this desk while it runs. Nobody can be registered. Do not switch this computer off. Call the administrator.
alarm-store_fails = The data of this desk cannot be used. Call the administrator.
alarm-backup_failed = The last backup did not work. Tell the administrator.
alarm-backup_missing = There is no backup yet. Tell the administrator.
alarm-backup_old = The last backup is more than two days old. Tell the administrator.
alarm-job_failed = A part of the program failed. It tries again. If this stays, tell the administrator.
alarm-address_silent = The program cannot be reached at its address. Tell the administrator.
alarm-bad_peer = Another computer of the clinic does not keep to the rules of sync. Nothing of it is taken. You can go on registering. Tell the administrator.
alarm-strangers = A computer that is not of this clinic tries to connect. It is not let in. You can go on registering. Tell the administrator.
alarm-https_certificate = The certificate of this desk for other computers cannot be renewed. You can go on registering. Tell the administrator.

# Finding somebody.

find-title = Find or register
find-hint = Type, then press Enter. If nobody fits, you go on to a new person.
find-nobody = Nobody fits. Press Enter to register a new person.
find-count = { $count ->
    [one] { $count } person fits
   *[other] { $count } people fit
  }
find-new = New person
find-new-with = New person: { $text }
find-keys = Up and down choose, Enter opens
find-today = { $count ->
    [0] Nobody was registered here today yet
    [one] { $count } person registered here today
   *[other] { $count } people registered here today
  }

# A number was given.

registered-title = Registered
registered-said = Registered. The number is { $number }
registered-again = This form was registered already. This is the number.
registered-alike = Somebody like this was registered before. Is it the same person? Then tell the administrator.
registered-open = Open the record
registered-next-newborn = Next newborn of this mother
registered-offline = Given without the network. The coordinator confirms it later.

# The form.

new-title = New person
new-register = Register
new-sending = One moment
new-cancel = Back
new-again = No answer came. Nothing is lost, and nobody is registered twice: press Enter to try again.
new-mistakes = { $count ->
    [one] One field needs a look
   *[other] { $count } fields need a look
  }
new-beside = Is it one of these?
new-beside-none = Nobody like this is registered.
new-beside-wait = People who look alike will stand here while you type.
new-same = This is the one
new-other = Somebody else
grade-certain = very likely
grade-probable = likely
grade-possible = perhaps

# Somebody who is not known yet, and newborns.

mark-unknown = Not known who it is
mark-unknown-why = Only what you know is asked for. The number is for life. Somebody confirms later who this is.
mark-newborn = Newborn
mark-newborn-why = Everything may stay empty. The number is for life.
newborn-mother-why = Without it the newborn is registered all the same.
newborn-no-mother = Nobody here has this number. Leave it empty to go on without it.
newborn-several = 1 for the first of several, 2 for the second
unknown-name-F = Unknown woman
unknown-name-M = Unknown man
unknown-name-O = Unknown person
newborn-name = Newborn
newborn-name-of-several = Newborn { $order }
newborn-name-of-mother = Baby of { $mother }
newborn-name-of-mother-of-several = Baby { $order } of { $mother }
unconfirmed-title = Identity unconfirmed
unconfirmed-why = Nobody has confirmed yet who these people are. Open one, and say who it is.
unconfirmed-none = It is known of everybody who they are.
unconfirmed-more = { $count ->
    [one] { $count } more is not shown here.
   *[other] { $count } more are not shown here.
  }

# What the program refuses.

refused-too_few_numbers = This desk has too few numbers left for a sheet. It gets more by itself while it is online; try again then.
refused-no_numbers = This desk has no numbers left and cannot reach the coordinator. Write the person on paper, and call the administrator.
refused-changed_meanwhile = Somebody else has corrected this person meanwhile. Look at what is new, then save again.
refused-busy = Much is going on at once. Press Enter again.
refused-key_reused = This form was registered already, in another window perhaps. Go back and find the person; what is different can be corrected there.
refused-unwritable = The program of this desk cannot write now. Nothing is lost: press Enter again. If this stays, call the administrator.
refused-other = It did not work: { $detail }

# A person.

person-title = Person
person-refused = The number of this person was refused. Do not hand out the card. The administrator decides.
person-merged = This record was joined with another one of the same person.
person-other = Open the other record
person-voided = This record was set aside by the administrator.
person-print = Print label
person-correct = Correct
person-save = Save
person-confirm = Say who this is
person-confirm-why = Write what you know now. Is this person here already under another number? Then ask the administrator to join both records.
person-confirm-save = Save: this is who it is
person-newborn = Her newborn
person-saved = Saved
person-nothing = Nothing was changed.
person-changed = New meanwhile:
person-back = Back to finding
person-gone = There is nobody here. Perhaps the address is old.

# Today's work.

today-title = Today
today-count = { $count ->
    [0] Nobody yet
    [one] { $count } person
   *[other] { $count } people
  }
today-by = By whom
today-nobody = no name chosen
today-empty = Whoever is registered at this desk today stands here.
today-more = { $count ->
    [one] { $count } earlier one is not shown here.
   *[other] { $count } earlier ones are not shown here.
  }
today-print = Print this list

# Labels.

labels-title = Labels
labels-again = To print again
labels-again-why = The number of these people has changed. Print the new label, and take back the old one.
labels-new = Print the new label
labels-old = old number: { $number }
labels-unprinted = Not printed yet
labels-none = All labels are printed.
labels-print = { $count ->
    [one] Print { $count } label
   *[other] Print { $count } labels
  }
labels-out = Did the new label come out?
labels-yes = Yes, it is here
labels-no = No, print again

# Sheets of numbers.

sheet-title = Sheet for paper
sheet-why = For the day on which this computer is broken: 50 numbers of this desk, each with its label and room to write. Print a sheet now and keep it at the desk. Later type in whoever was written on it.
sheet-how = Write each person beside a number of their own, with the time. Never give a number to two people. Type them in when a computer works again.
sheet-take = Print the next 50 numbers
sheet-again = Print again
sheet-another = Take 50 more
sheet-reprint = Print this sheet again
sheet-none = No sheet was printed yet.
sheet-left = { $count ->
    [0] all typed in
    [one] { $count } not typed in
   *[other] { $count } not typed in
  }
sheet-type-in = Not used. Type in who was written here
sheet-number = Number on the sheet:
refused-mrn_conflict = Somebody was registered with this number already. Look at the sheet again.

# The clerk.

clerk-label = Clerk
clerk-none = Choose your name
clerk-title = Who works here?
clerk-type = Your name
clerk-why = Your name stands with what you register and correct.
clerk-save = This is me
clerk-nobody = Nobody
clerk-other = Another name
clerk-pin-wanted = type your PIN
pin-of = PIN of
pin-without = Without the PIN
pin-back = Another name
pin-wrong = { $seconds ->
    [0] That is not the PIN. Try again.
    *[other] That is not the PIN. The next try counts in { $seconds } seconds.
 }
pin-delayed = Too many wrong PINs. Wait { $seconds } seconds, then try again. You can go on without the PIN meanwhile.
pin-change = Change my PIN
pin-own = Present PIN of
pin-new = New PIN
pin-new-hint = 4 to 12 digits, neither all alike nor counted up or down.
pin-again = New PIN once more
pin-save = Change
pin-changed = Your new PIN counts from now on, at all desks where you work.
pin-bad = This cannot be your new PIN. Choose 4 to 12 digits, neither all alike nor counted up or down, and not those that you have.
pin-unlike = This is not the same as above. Type the new PIN once more.
pin-delayed-here = Too many wrong PINs. Wait { $seconds } seconds, then try again.
pin-later = The PIN can be changed once this desk is in touch with the coordinator. Until then the one that you have is good.
pin-unanswered = No answer came, so nobody can say here which PIN counts. Type the new one next time, and the former one if that is refused.
pin-not-changed = The new PIN was not taken, and the one that you have is still good. If this stays, ask the administrator.
pin-not-now-changed = The PIN cannot be changed now. Try again in a moment.
pin-not-now = The PIN cannot be checked now. Go on without it; the name is marked as chosen then.

# Forms that were begun.

draft-title = Begun and not registered
draft-on = Go on
draft-drop = Throw away
draft-unnamed = without a name

# Two records of one person.

person-same = Same person as …
same-title = Same person as
same-why = An administrator decides. Until then both numbers work, and both stay valid afterwards.
same-find = Number or name of the other record
same-both = Both records
same-two-people = An administrator has decided that these are two people. Ask only if you know better.
same-reason = How do you know?
same-ask = Ask the administrator
same-asked = The administrator was asked. Below you see what becomes of it.
requests-title = What was asked
request-answer = { $who } says:
