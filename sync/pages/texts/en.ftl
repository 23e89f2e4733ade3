# The texts of all pages. A translator copies this file and gives it the code of the language as its
# name. What stands in braces is filled in by the page, and may stand anywhere in a sentence.

language-name = English
language-direction = ltr
language-locale = en-GB

page-language = Language
page-close = Close
page-cancel = Cancel
page-loading = One moment

known = how this name is known:
known-typed = typed
known-chosen = chosen
known-pin = with PIN
known-signed_in = signed in
known-key = a program
