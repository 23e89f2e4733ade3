# The texts of all pages. A translator copies this file and gives it the code of the language as its
# name. What stands in braces is filled in by the page, and may stand anywhere in a sentence.

language-name = English
language-direction = ltr
language-locale = en-GB

page-language = Language
page-close = Close
page-cancel = Cancel
page-loading = One moment

# The fields of a person.

may = if known
field-full_name = Name
field-father_name = Father's name
field-sex = Sex
field-born = Age or date of birth
field-phone = Telephone
field-cnic = CNIC
field-address = Address
sex-F = Female
sex-M = Male
sex-O = Other
born-hint = 34, or 6 m, or 10 d, or 1/2/1990
born-on = Born { $day }
born-about = Born about { $year }
age-years = { $count ->
    [one] { $count } year
   *[other] { $count } years
  }
age-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
  }
age-days = { $count ->
    [0] born today
    [one] { $count } day
   *[other] { $count } days
  }
fault-required = Please fill this in.
fault-placeholder = Write who this is.
fault-letter = A name has at least one letter. For somebody unknown write: Unknown Man 1
fault-control = This has a sign that cannot be written. Please type it again.
fault-born = Write an age, as in 34, or a date, as in 1/2/1990.
fault-no-day = There is no such day in the calendar.
fault-future = This day has not come yet.
fault-old = This is more than 150 years ago.
fault-phone = A telephone number has 7 to 15 digits, as in 0300 1234567.
fault-cnic = A CNIC has 13 digits, as in 35202-1234567-1.
fault-form = This number does not have the right form.
fault-choice = Choose one of the list.
fault-email = An address looks like name@example.org.
fault-number = Write a number, as in 62.5.
fault-long = This is too long.
field-written = Time on the paper

known = how this name is known:
known-typed = typed
known-chosen = chosen
known-pin = with PIN
known-signed_in = signed in
known-key = a program

# what is known of a person, and what happened to the record

field-identity = Who this is
field-name_placeholder = The name only stands for one
field-mother = Mother's number
field-birth_order = Which of several
field-dob = Date of birth
field-dob_estimated = Date of birth is a guess
age-about = about { $age }
unconfirmed = Identity unconfirmed
identity-confirmed = Confirmed
person-status-admitted = Confirmed
person-status-pending = Waiting for confirmation
person-status-rejected = Number refused
person-void = mistake
person-former-record = merged
person-empty = not known
person-history = History
person-former = Number before: { $number }
family-mother = Mother
family-babies = Newborns
history-registered = Registered
history-amended = Corrected
history-judged = Number confirmed
history-judged-refused = Number refused
history-amended-refused = Correction not taken over
history-resolved = Decided by the administrator
history-merged = Joined with another record of the same person
history-unmerged = Separated from the other record again
history-voided = Set aside as a mistake
history-unvoided = Counts again
history-two-people = Decided: somebody else than a record that looks alike
history-maybe-one = Taken back: may be the same person as another record
history-other = The other record
history-by = { $who } at { $desk }
history-at = at { $desk }
history-coordinator = the coordinator

# what desks ask for

request-merge = Same person
request-unmerge = Not the same person after all
request-void = Registered by mistake
request-unvoid = No mistake after all
request-two-people = Two people
request-maybe-one = Perhaps one person after all
request-state-waiting = waits
request-state-done = done
request-state-refused = refused

# finding somebody

find-field = Name, number, telephone or CNIC
find-results = People who fit
find-mistyped = This number was mistyped, and nobody has it. Read it from the card again.
find-more = { $count ->
    [one] { $count } more fits. Type more to see fewer.
   *[other] { $count } more fit. Type more to see fewer.
  }
find-behind = { $count ->
    [one] { $count } person has just arrived and cannot be found yet.
   *[other] { $count } people have just arrived and cannot be found yet.
  }
family-elsewhere = her record has not come here yet

# which of two records stays

choose-stays = Which number is to count from now on?
choose-result = What the record will say
choose-empty = none
choose-values = Where they differ, choose the value that is to stay.
