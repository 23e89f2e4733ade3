# The texts of all pages. A translator copies this file and gives it the code of the language as its
# name. What stands in braces is filled in by the page, and may stand anywhere in a sentence.

language-name = English
language-direction = ltr
language-locale = en-GB

page-language = Language
page-close = Close
page-cancel = Cancel
page-unreachable = The program of this desk does not answer. What you have typed stays here. If it does not come back within a minute, restart the computer or call the administrator.
page-loading = One moment
