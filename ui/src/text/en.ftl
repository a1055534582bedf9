## Notices and status words
## (shared with the notices, the tray and the command line)

status-healthy = Connected
status-expiring = Expires soon
status-needs-reconnect = Needs you
status-degraded = Retrying
status-unavailable = Waiting for the provider
status-insufficient-permissions = Limited
status-paused = Paused
status-locked = Locked
status-misconfigured = Set up wrongly

# $cause is a whole sentence that names the provider and the move.
notice-needs-you-title = { $name } needs you
notice-needs-you-body = { $cause }
notice-needs-you-body-app = { $cause } { $app } is waiting for it.
notice-needs-you-body-because = { $cause } { $app } is waiting for it, to: { $because }.
notice-many-title = { $count ->
    [one] An account needs you
   *[other] { $count } accounts need you
}
notice-many-body = { $rest ->
    [0] { $names }.
    [one] { $names } and one more.
   *[other] { $names } and { $rest } more.
}
notice-expiring-title = { $name } will need you soon
notice-expiring-days = { $count ->
    [one] { $provider } asks you to sign in again within a day. Do it before then, and nothing stops.
   *[other] { $provider } asks you to sign in again within { $count } days. Do it before then, and nothing stops.
}
notice-expiring-hours = { $count ->
    [one] { $provider } asks you to sign in again within the hour. Do it before then, and nothing stops.
   *[other] { $provider } asks you to sign in again within { $count } hours. Do it before then, and nothing stops.
}
notice-failing-title = { $name } has stopped working
notice-failing-body = { $cause } Something on your computer is asking for it.
# $name is the account, or the accounts, that a yes would give; $code is shown on both sides.
notice-app-title = { $app } asks for access
notice-app-body = It wants to use { $name }. Allow it only if it shows you the code { $code }.
notice-app-body-open = Look at what it wants. Allow it only if it shows you the code { $code }.
notice-apps-title = { $count ->
    [one] An app asks for access
   *[other] { $count } apps ask for access
}
notice-apps-body = Look at each of them before you allow it.
notice-unsaved-title = { $name } cannot be saved
notice-abuse-title = A program was refused again and again
notice-abuse-body = Bowline does not answer it for five minutes: { $program }.
notice-nothing-title = Nothing to do
notice-mended = Good news: { $name } is already connected.
notice-answered = That question was answered already.
# Where no button can be shown, or no window is installed: the command to type.
notice-by-reconnect = Sign in again: { $command }
notice-by-looking = See more: { $command }
notice-by-answering = Answer: { $command }
notice-reconnect = Reconnect
notice-later = Later
notice-review = Review
notice-allow = Allow
notice-deny = Deny

tray-tooltip-none = Bowline: no accounts yet
tray-tooltip-well = Bowline: all accounts are connected
tray-tooltip-needs-you = { $count ->
    [one] Bowline: an account needs you
   *[other] Bowline: { $count } accounts need you
}
tray-tooltip-waiting = Bowline: waiting for a provider
tray-tooltip-locked = Bowline: locked
tray-open = Open Bowline
tray-reconnect = Reconnect { $name }
tray-quit = Quit Bowline
