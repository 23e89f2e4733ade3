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
