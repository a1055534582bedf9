## Notices and status words

# How an account fares, in one or two words, always beside an icon.
status-healthy = Connected
status-expiring = Expires soon
status-degraded = Retrying
status-unavailable = Not reachable
status-insufficient-permissions = Limited
status-needs-reconnect = Needs you
status-misconfigured = Set up wrongly
status-locked = Locked
status-paused = Paused

# One account needs the person now. $cause is a whole sentence that names the provider; $app is the app that waits
# for it, or "none"; $because is what that app is to go on with, or "none".
notice-needs-you-title = { $name } needs you
notice-needs-you-body =
    { $app ->
        [none] { $cause }
       *[other] { $because ->
            [none] { $cause } { $app } is waiting for it.
           *[other] { $cause } { $app } is waiting for it, to: { $because }.
        }
    }

# Several accounts need the person now. $more is how many are not named.
notice-many-title =
    { $count ->
        [one] { $count } account needs you
       *[other] { $count } accounts need you
    }
notice-many-body =
    { $more ->
        [0] { $names }.
       *[other] { $names } and { $more } more.
    }

# An account will need the person by a date. $unit is "days" or "hours".
notice-expiring-title = { $name } will need you soon
notice-expiring-body =
    { $unit ->
        [days] { $count ->
            [one] { $provider } asks you to sign in again within a day. Do it before then, and nothing stops.
           *[other] { $provider } asks you to sign in again within { $count } days. Do it before then, and nothing stops.
        }
       *[hours] { $count ->
            [one] { $provider } asks you to sign in again within the hour. Do it before then, and nothing stops.
           *[other] { $provider } asks you to sign in again within { $count } hours. Do it before then, and nothing stops.
        }
    }

# An account has been failing for a day, its token is dead, and an app asks for it.
notice-failing-title = { $name } has stopped working
notice-failing-body = { $cause } Something on your computer is asking for it.

# An app or a program asks for access. $names are the accounts it would read; $code is shown on both sides.
notice-app-title = { $app } asks for access
notice-app-body = To: { $names }. Only allow it if it shows you the code { $code }.
notice-app-body-open = Only allow it if it shows you the code { $code }.
notice-apps-title =
    { $count ->
        [one] { $count } app asks for access
       *[other] { $count } apps ask for access
    }
notice-apps-body = Look at each of them before you allow it.

# Nothing to do any more.
notice-mended = Good news: { $name } is already connected. Nothing to do.
notice-answered = That question was answered already. Nothing to do.
notice-mended-title = Nothing to do

# Something is wrong on this computer.
notice-unsaved-title = { $name } cannot be saved
notice-unsaved-body = { $detail }
notice-abuse-title = A program was refused again and again
notice-abuse-body = Bowline does not answer it for five minutes: { $program }.

# The way on, where no button can be shown or no window is installed.
notice-by-reconnect = Sign in again: { $command }
notice-by-looking = See which: { $command }
notice-by-answering = Answer: { $command }

notice-reconnect = Reconnect
notice-later = Later
notice-review = Review
notice-allow = Allow
notice-deny = Deny

# The item in the tray.
tray-title = Bowline
tray-well =
    { $count ->
        [0] No accounts yet
        [one] { $count } account, connected
       *[other] { $count } accounts, all connected
    }
tray-needs =
    { $count ->
        [one] { $count } account needs you
       *[other] { $count } accounts need you
    }
tray-resting =
    { $count ->
        [one] { $count } account does not work at present; nothing to do
       *[other] { $count } accounts do not work at present; nothing to do
    }
tray-locked = Your accounts are locked
tray-open = Open Bowline
tray-reconnect = Reconnect { $name }
tray-quit = Quit
