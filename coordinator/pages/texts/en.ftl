# The texts of the administrator's dashboard.

board-title = { $view } · { $facility }
board-skip = To the content
board-unreachable = The coordinator does not answer. What you see is as it was last. If it does not come back within a minute, look at its computer.

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

# terminals

desks-count = { $live } of { $all } connected
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
