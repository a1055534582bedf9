### Every sentence a person reads, in the window, in notices and in the terminal. What happened, what it means, one move;
### at most two sentences, no blame, no jargon. `Details` is the one place for the providers' and the contract's own words.
### Only plurals are used as functions, so that every reader of this file understands all of it.

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
# $reason is what the person entered; $count is whole minutes.
notice-emergency-asks-title = Let an emergency key stand in for { $name }?
notice-emergency-asks-body = { $count ->
    [one] Until its provider answers again, a minute at most. Reason: { $reason }
   *[other] Until its provider answers again, { $count } minutes at most. Reason: { $reason }
}
notice-emergency-on-title = An emergency key stands in for { $name }
notice-emergency-on-body = { $count ->
    [one] Until its provider answers again, a minute at most. Reason: { $reason }
   *[other] Until its provider answers again, { $count } minutes at most. Reason: { $reason }
}
# $name is the account, or the accounts, that a yes would give; $code is shown on both sides.
notice-app-title = { $app } asks for access
notice-app-body = It wants to use { $name }. Allow it only if it shows you the code { $code }.
notice-app-body-open = Look at what it wants. Allow it only if it shows you the code { $code }.
notice-program-title = { $app } wants to use { $name }
notice-program-body = It is the program { $path }. A yes here holds for an hour; after a minute without one it gets nothing.
notice-program-body-changed = { $path } is not the program you allowed before: it was updated or replaced. A yes here holds for an hour.
notice-apps-title = { $count ->
    [one] An app asks for access
   *[other] { $count } apps ask for access
}
notice-apps-body = Look at each of them before you allow it.
notice-unsaved-title = { $name } cannot be saved
notice-silent-title = { $provider } does not answer
notice-silent-body = Something on your computer waits for it. Bowline tries again about once a minute; there is nothing for you to do.
notice-abuse-title = A program was refused again and again
notice-abuse-body = Bowline does not answer it for five minutes: { $program }.
notice-answers-title = A sign-in got wrong answers again and again
notice-answers-body = They changed nothing, and the sign-in goes on. Something else may have sent them than your browser.
notice-owner-title = Programs may read your accounts without asking
notice-owner-body = The settings file was changed. Write owner = "confirm" under [ipc] to be asked again.
notice-unknown-title = An unidentified program asked for { $name }
notice-unknown-body = Bowline said no. See “bowline log” for what it did.
notice-nothing-title = Nothing to do
notice-mended = Good news: { $name } is already connected.
notice-answered = That question was answered already.
# Where no button can be shown, or no window is installed: the command to type.
notice-by-reconnect = Sign in again: { $command }
notice-by-looking = See more: { $command }
notice-by-emergency = Use an emergency key: { $command }
notice-by-ending = End it: { $command }
notice-by-answering = Answer: { $command }
notice-reconnect = Reconnect
notice-later = Later
notice-review = Review
notice-allow = Allow
notice-deny = Deny
notice-emergency = Use an emergency key
notice-end = End it now

# Alerts, in the window and in the tray.
alert-refresh-failures = Many renewals fail at present. Bowline goes on trying by itself.
alert-breaker-open = { $about } does not answer. Bowline tries it again by itself, about once a minute.
alert-fallback-used = Another account stood in for one that did not work within the last hour.
alert-expired-in-use = { $about } went on with a token that had ended. Long jobs stay fresh with “bowline exec --file”.
alert-expired-in-use-by-somebody = A program went on with a token that had ended. Long jobs stay fresh with “bowline exec --file”.
alert-other = Bowline’s agent tells of something that this version of its window does not know.

tray-tooltip-none = Bowline: no accounts yet
tray-tooltip-well = Bowline: all accounts are connected
tray-tooltip-needs-you = { $count ->
    [one] Bowline: an account needs you
   *[other] Bowline: { $count } accounts need you
}
tray-tooltip-waiting = Bowline: waiting for a provider
tray-tooltip-locked = Bowline: locked
tray-tooltip-alert = Bowline: { $words }
tray-open = Open Bowline
tray-reconnect = Reconnect { $name }
tray-quit = Quit Bowline

## The frame

bowline = Bowline
window-title = { $screen } · Bowline
unnamed = no name
soon = soon
none = –
number = { $count }
nav-label = Sections
nav-accounts = Accounts
nav-apps = Apps
nav-activity = Activity
nav-health = Health
nav-settings = Settings
nav-help = Keys and help
nav-count = ({ $count ->
    [one] one needs you
   *[other] { $count } need you
})
back = Back
back-to-accounts = To your accounts
done = Done
cancel = Cancel
undo = Undo
details = Details
try-again = Try again
notes-label = Notes
note-close = Close this note
search-clear = Empty the search
copy-details = Copy details
problem-unknown = Something in Bowline did not answer. Try it again, or find out more in the doctor.
problem-code = Code: { $code }
provider-words = In the words of { $provider }:
time-unknown = At an unknown time

## What can be done

add-account = Add account
verb-reconnect = Reconnect
verb-sign-in-now = Sign in now
verb-ask-again = Ask again
verb-edit-client = Edit client id
verb-find-out = Find out why
verb-try-now = Try now
verb-check = Check now
verb-resume = Resume
verb-unlock = Unlock
verb-on = { $verb }: { $name }
rename = Rename
pause = Pause
disconnect-ask = Disconnect…
disconnect = Disconnect
open-account = Open the account
open-dashboard = Security page of the provider
open-console = Open the provider’s console
copy-address = Copy address
copy-link = Copy link
copy-code = Copy code
open-again = Open again
use-code = Use a code instead
keep-as-is = Keep as is
not-now = Not now

told-refreshed = { $name } is connected and up to date.
told-not-refreshed = { $provider } did not renew { $name } just now. The reason stands beside it.
told-paused = { $name } is paused. Nothing is served or renewed.
told-resumed = { $name } works again.
told-renamed = It is called { $name } now.
told-copied = Copied.
told-link-copied = The link is copied. Paste it into any browser on this computer.
told-code-copied = The code is copied.
told-address-copied = The address is copied.
told-report-copied = The report is copied. It names no account and no folder.
told-opened = The page is open in your browser.
told-not-opened = No browser could be opened. Copy the link instead.
told-client-saved = The client for { $provider } is saved.
told-disconnected = { $name } is disconnected, and { $provider } has ended the access.
told-disconnected-here = { $name } is forgotten here. { $provider } was not told.
told-app-revoked = { $app } can read nothing any more.
told-allowed = { $app } may go on.
told-denied = { $app } got nothing.
told-denied-late = Nobody answered, so { $app } got nothing.
told-question-over = { $app } asks no longer: it was answered elsewhere, or ran out.
told-emergency = The emergency key stands in for { $name }.
told-emergency-denied = No emergency key stands in for { $name }.
told-emergency-ended = The emergency key for { $name } is ended.
told-too-late = It was too late to stop: your sign-in had come back already, so it goes on.
told-app-unblocked = You are asked again when { $app } wants an account.
told-exported = The activity is saved.
told-backup = The backup is saved. Only its passphrase opens it.
told-restored = What was in the backup is here now.
told-locked = Bowline is locked.
told-saved = Saved.
told-restarting = Bowline is starting again.

## Accounts

accounts-lead = { $count ->
    [one] One account. There is nothing to do.
   *[other] { $count } accounts. Nothing needs you.
}
accounts-lead-need = { $needing ->
    [one] { $count ->
        [one] Your account needs you.
       *[other] { $count } accounts; one needs you.
    }
   *[other] { $count } accounts; { $needing } need you.
}
accounts-search = Search accounts
accounts-filter = Filter accounts
accounts-found = { $count ->
    [0] No account fits.
    [one] One account fits.
   *[other] { $count } accounts fit.
}
accounts-none-found = No account fits
accounts-none-found-hint = Try fewer words, or take the filters away.
accounts-loading = Looking for your accounts…
accounts-trouble = Your accounts could not be read
filter-status = Status
filter-status-all = Any status
filter-provider = Provider
filter-provider-all = Any provider
filter-clear = Show all
group-need = Needs you
group-rest = All is well, or mends itself
status-refreshing = Refreshing
row-used-by = { $count ->
    [one] used by one app
   *[other] used by { $count } apps
}
row-renews = renews { $when }

first-title = Sign in once, stay signed in
first-lead = No accounts yet. Add one, and your apps and scripts can use it without asking you to sign in again.
first-practice = Try it with a practice account
first-practice-hint = The practice account lives on this computer only. Nothing outside is touched.
first-where = What is stored where
first-kept-title = Sealed on this computer
first-kept = Your sign-ins lie encrypted in one file here. The key to it is in your keychain; nothing is sent to us or anyone else.
first-asks-title = Nothing without your yes
first-asks = An app gets an account only after you allow it, and every time it reads one is written down.
first-browser-title = Your own browser
first-browser = You sign in at the provider’s own page. Bowline never sees your password.

banner-label = Accounts that need you
banner-one = { $name } needs you
banner-many = { $count } accounts need you
banner-many-row = { $count } of them are mended by signing in again, one after the other.
banner-many-all = All are mended by signing in again, one after the other.
banner-many-each = Each has its reason and its remedy beside it.
banner-reconnect-all = Reconnect all { $count }
banner-fix-next = Fix { $name }

## Why an account is as it is

cause-revoked = { $provider } ended access for { $name }. Usual causes are a changed password, or access that was removed there.
cause-refresh-token-expired = Your sign-in at { $provider } has run out. Sign in again to keep { $name } working.
cause-refresh-token-missing = { $provider } gave no way to renew { $name }, and the access has ended. Sign in again to get a new one.
cause-inactive-too-long = { $provider } ended your sign-in because { $name } was not used for a long time. Sign in again to go on.
cause-scope-changed = { $provider } changed what { $name } may be used for. Sign in again and allow what is missing.
cause-consent-required = { $provider } wants you to agree again. Sign in to { $name } once more.
cause-token-corrupted = What was stored for { $name } is damaged. Sign in again; nothing else is lost.
cause-reuse-suspected = { $provider } ended your sign-in after an answer was lost on the way. Sign in to { $name } again.
cause-interrupted-renewal = A renewal of { $name } was cut off and its answer is lost. Sign in again to be sure.
cause-admin-approval-needed = Your organisation’s administrator has to allow this at { $provider } first. Ask them, then reconnect { $name }.
cause-step-up-required = { $provider } wants a stronger sign-in for { $name }. Sign in again and confirm it there.
cause-insufficient = { $provider } did not grant { $name } everything that is needed: { $scope }. Ask again and allow it there.
cause-invalid-client = { $provider } does not accept this client id or secret any more. Check it in your { $provider } project, then paste it again.
cause-invalid-endpoint = The address that is set up for { $provider } does not exist any more. Its provider file has to be mended.
cause-grant-expires = { $provider } will ask you to sign in again. Do it by { $date } and { $name } never stops.
cause-grant-probably-expires = { $provider } will probably ask you to sign in again. Do it by { $date } and { $name } never stops.
cause-access-expires-no-refresh = { $name } works until { $date }. { $provider } gave no way to renew it, so sign in before then.
cause-paused = Paused by you: nothing is served or renewed.
cause-provider-unreachable = { $provider } cannot be reached; the next try is { $next }.
cause-provider-error = { $provider } answers, but not with anything useful; the next try is { $next }.
cause-rate-limited = { $provider } asks for a pause; the next try is { $next }.
cause-breaker-open = { $provider } gave no useful answer again and again, so it is left alone for a while; the next try is { $next }.
cause-tls = { $provider } cannot prove that it is { $provider }: its certificate is not trusted here.
cause-clock-skew = This computer’s clock is off, so { $provider } turns sign-ins away. Set the time automatically, then try again.
cause-keychain-locked = Your keychain is locked. Unlock it, and { $name } works at once.
cause-keychain-missing = No keychain is running in this session, so { $name } cannot be opened.
cause-key-changed = The key that { $name } was sealed with is gone from the keychain.
effect-works-until = It still works until { $time }; nothing to do.
effect-still-works = It still works; nothing to do.
effect-other-stands-in = Until then another account stands in.
effect-key-stands-in = Until then your emergency key stands in.
effect-not-until-then = Until then your apps wait. There is nothing to do.
effect-apps-wait = { $apps ->
    [one] { $app } is waiting.
   *[other] { $apps } apps are waiting.
}

## Adding an account

picker-title = Add an account
picker-lead = Who do you sign in with?
picker-search = Name, e-mail address or web address
picker-list = Providers
picker-loading = Looking for providers…
picker-trouble = The list of providers could not be read
picker-by-email = Found by the domain of { $email }.
picker-none = No provider called “{ $query }”
picker-none-hint = You can still connect it if it supports OAuth.
picker-issuer = { $issuer } is not in the list
picker-issuer-hint = If it describes itself as an OpenID provider, you can set it up with a client id of your own.
picker-custom = Set up a custom provider
picker-all = All providers
picker-other = Another provider…
picker-other-hint = any that speaks OAuth or OpenID
tag-needs-client = needs your own client id
tag-ready = ready to connect
files-title = { $count ->
    [one] A file could not be read
   *[other] { $count } places in your files could not be read
}
files-line = , line { $line }
files-suggestion = Did you mean { $suggestion }?

client-title = Your own client for { $provider }
client-title-any = Your own client
client-title-custom = A provider of your own
client-lead = { $provider } gives every program a client id, and Bowline uses yours. It is free and takes about five minutes.
client-lead-custom = Any provider that speaks OpenID Connect can be connected.
client-step-which = Which provider is it?
client-name = Name
client-name-empty = Give it a name that you will know again.
client-issuer = Address of the issuer
client-issuer-hint = For example https://id.example.com. The rest is found by itself.
client-issuer-empty = The address is missing.
client-issuer-shape = This is not a web address. It begins with https://.
client-issuer-https = The address has to begin with https://, so that nobody on the way can read along.
client-issuer-query = Take away everything from the ? or # on; an issuer has neither.
client-step-console = Register a program at { $provider }
client-step-console-hint = Sign in to the provider’s console and make a new client. Where it asks for a type, choose Desktop or Native.
client-step-address = Give it this return address
client-step-address-hint = Paste it where the console asks for a redirect address, exactly as it is.
client-step-address-custom = Where it asks for a redirect address, give http://127.0.0.1/callback.
client-step-paste = Bring back what it gave you
client-json = The downloaded file, if there is one
client-json-hint = Open it and paste all of it; the fields below are filled in from it.
client-json-broken = This begins like JSON, and part of it is missing. Copy the whole file.
client-json-none = There is no client id in this text. Paste the file’s whole content, or fill in the fields below.
client-read = Read: the fields below are filled in.
client-web = Read, but this client is of the type Web. Most providers let only Desktop clients return to this computer.
client-id = Client id
client-id-empty = The client id is missing.
client-id-spaces = There is a space in it. Copy it again without what stands around it.
client-id-address = This is a web address. The client id stands beside it in the console.
client-id-email = This is an e-mail address. The client id is a longer word from the console.
client-id-short = This is too short to be a client id. Copy all of it.
client-id-google = Google’s client ids end in .apps.googleusercontent.com. Copy all of it.
client-id-is-secret = This is the client secret. It belongs into the field below.
client-secret = Client secret
client-secret-optional = Client secret, if it gave you one
client-secret-hint = It is sealed at once and never shown again.
client-secret-kept = One is stored already. Leave this empty to keep it.
client-secret-empty = This provider needs the secret too.
client-secret-spaces = There is a space in it. Copy it again without what stands around it.
client-secret-is-id = This is the client id again. The secret is another word.
client-save = Save and go on
client-public = A public client: without a secret.
client-confidential = A confidential client: with a secret.

consent-title = Connect { $provider }
consent-loading-title = Connect an account
consent-lead = Your browser opens { $provider }, where you sign in and agree.
consent-lead-again = Sign in with the same account as before: { $name }.
consent-client-title = It needs your own client id first
consent-client = { $provider } gives one to everybody, for free.
consent-asked = { $app } asks you to sign in again: { $because }
consent-asks = Bowline asks { $provider } for this
consent-usual = The usual: who you are, and to stay signed in.
consent-more = Ask for more
consent-more-hint = Only if an app needs it. You can ask for more at any later time.
consent-raw = Further permissions
consent-raw-hint = In the words of { $provider }, between spaces.
consent-go = Continue in the browser
consent-password = Your password stays between you and the provider.
kind-read = Read
kind-change = Change
kind-delete = Delete

scope-who-you-are = Know who you are there
scope-profile = See your name and picture
scope-email = See your e-mail address
scope-stay = Stay signed in while you are away
scope-mail-read = Read your mail
scope-mail-send = Send mail as you
scope-mail-change = Read, sort and send your mail
scope-mail-all = Read, send and delete your mail
scope-calendar-read = See your calendars
scope-calendar-change = Add and change events in your calendars
scope-calendar-all = See, change and delete your calendars
scope-files-read = Read your files
scope-files-names = See the names of your files
scope-files-own = Make files, and change those it made
scope-files-all = Read, change and delete your files
scope-contacts-read = See your contacts
scope-repositories-read = Read your repositories
scope-repositories-write = Push to your repositories
scope-repositories-all = Read, change and delete your repositories, private ones too
scope-repositories-public = Change your public repositories
scope-repositories-delete = Delete repositories
scope-organisations-read = See which organisations you belong to
scope-gists = Write gists as you
scope-workflows = Change your automated workflows
scope-notices-read = Read your notifications
scope-everything-read = Read everything you can read there
scope-everything = Do everything you can do there
scope-servers-read = See which servers you are on
scope-people-read = See people and their profiles
scope-channels-read = See the list of channels
scope-messages-read = Read messages
scope-messages-send = Send messages as you
scope-posts-read = Read posts
scope-posts-write = Post as you
scope-playlists-read = See your playlists
scope-playlists-change = Change your playlists
scope-unknown = What the provider calls { $scope }

## While signing in

wait-title = Connect { $provider }
wait-title-again = Reconnect { $name }
wait-title-done = Connected
wait-title-cancelled = You stopped here
wait-title-failed = Not connected
wait-row = { $done } of { $total } done
wait-preparing = Getting ready…
wait-preparing-hint = Bowline prepares the sign-in. Your browser opens in a moment.
wait-browser = Finish signing in to { $provider } in your browser
wait-browser-hint = This page updates by itself.
wait-no-browser-title = Open the page yourself
wait-no-browser = No browser could be opened. Copy the link into any browser on this computer.
wait-device-title = Enter this code
wait-checking = Checking…
wait-checking-hint = { bowline } got the answer and makes sure that it is genuine.
wait-left = left to finish
wait-left-spoken = { $minutes ->
    [one] One minute left to finish signing in.
   *[other] { $minutes } minutes left to finish signing in.
}
wait-closing = You may close this window meanwhile. Signing in goes on.
wait-done = { $name } is connected. It will stay signed in; you will hear from us before you are needed again.
wait-done-less = { $apps ->
    [0] Connected, but { $provider } did not grant this: { $scope }. An app that needs it may not work.
    [one] Connected, but { $provider } did not grant this: { $scope }. { $app } may not work fully.
   *[other] Connected, but { $provider } did not grant this: { $scope }. { $app } and others may not work fully.
}
wait-same-person = Sign in as { $name }
wait-as-new = Add the other as a new account
row-next = Next: { $name }
row-later = The others later
step-open = Open the browser
step-sign-in = Sign in
step-check = Check
device-open = On any device, open
device-enter = and enter
device-until = The code works until { $time }.
device-qr = QR code that leads to { $address }
under-way = You are signing in to { $provider } in your browser.
under-way-back = Show it

fail-access-denied = You chose not to give access at { $provider }. Nothing was saved.
fail-cancelled = Signing in was cancelled. Nothing was changed.
fail-timed-out = Signing in was not finished in time, so Bowline stopped waiting. Nothing was changed.
fail-state-mismatch = The answer that came back belongs to another try. Nothing was changed; start again.
fail-missing-code = { $provider } sent you back without an answer. Nothing was changed; start again.
fail-issuer-mismatch = The answer came from another address than { $provider }’s own, so it was not used. Find out why before you try again.
fail-invalid-grant = { $provider } did not accept its own answer, which happens when it comes too late. Start again.
fail-invalid-client = { $provider } does not accept this client id or secret. Check it in your { $provider } project, then paste it again.
fail-invalid-scope = { $provider } does not know one of the permissions that were asked for. Start again with fewer.
fail-unauthorized-client = { $provider } does not let this client sign people in this way. Check its type in your { $provider } project.
fail-redirect-mismatch = { $provider } refused the return address. Add exactly the copied address to the ones that your project allows.
fail-invalid-response = { $provider } answered with something that makes no sense. Nothing was changed; try again in a while.
fail-id-token-invalid = { $provider } could not prove who signed in, so nothing was saved. Often the clock of this computer is off.
fail-missing-scope = { $provider } did not grant something that is needed: { $scope }. Sign in again and allow it there.
fail-account-mismatch = You signed in as somebody else. Nothing was changed: sign in as the same person, or add the other one as a new account.
fail-provider-unreachable = { $provider } cannot be reached. Nothing was changed; look at your connection and try again.
fail-provider-error = { $provider } has trouble of its own. Nothing was changed; try again in a while.
fail-tls = { $provider } could not prove that it is { $provider }, so nothing was sent. Find out why before you try again.
fail-rate-limited = { $provider } asks for a pause. Try again in { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}.
fail-port-in-use = Another program holds the port that { $provider } returns to. Close it, then try again.
fail-expired-token = The code was not entered in time. Nothing was changed; get a new one.
fail-too-many-attempts = There were too many tries within an hour. Wait a while, then start again.
fail-storage-error = The sign-in worked, but it could not be saved on this computer. Find out what stands in the way.
fail-locked = Bowline is locked, so nothing can be saved. Unlock it, then start again.

autostart-title = Start Bowline when you log in?
autostart-text = Then your accounts are renewed from the first minute. It needs about 12 MB of memory and no window.
autostart-do = Start it by itself
autostart-dont = Not now
autostart-yes = Bowline starts when you log in.
autostart-no = All right. You can change that in the settings.

## One account

account-gone-title = Account
account-gone = This account is not here any more
account-gone-hint = It was disconnected, or the address is an old one.
account-unknown = an account that is gone
account-facts = At a glance
account-may = What { $provider } lets your apps do
account-may-usual = The usual: who you are, and to stay signed in.
account-missing = Not granted
account-apps = Used by
account-apps-none = No app may read this account yet.
account-apps-open = All apps
account-asked = { $app } asks you to reconnect this account, in its own words: { $because }
account-story = What happened
fact-provider = Provider
fact-person = Signed in as
fact-display-name = Name there
fact-connected = Connected
fact-reconnected = Last reconnected
fact-next = Next renewal
fact-no-renewal = not needed
fact-last = Last renewal
fact-last-ok = worked, { $when }
fact-last-failed = did not work, { $when }
fact-access = Present access ends
fact-needed = You are needed
fact-because = Why then
fact-when = { $when } ({ $date })
time-expired = expired
fact-attempts = { $count ->
    [one] It was tried once.
   *[other] It was tried { $count } times.
}
stand-in-title = When { $provider } is down
stand-in-text = Another account can stand in until it answers again, for apps that may use both.
stand-in-choose = Stands in
stand-in-nobody = Nobody
stand-in-other = { $name } stands in at present.
stand-in-key = Your emergency key is ready until { $time }, and stands in where nothing else can.
emergency-use = Use an emergency key…
emergency-title = An emergency key for { $name }
emergency-text = It stands in until { $provider } answers again, and no longer than you say here. Each use is in the activity.
emergency-reason = Why is it needed?
emergency-reason-hint = It is kept in the activity.
emergency-key = The key
emergency-length = For at most
emergency-minutes = { $count ->
    [one] One minute
   *[other] { $count } minutes
}
emergency-who = { $count ->
    [one] { $app } would get this key when it asks for the account.
   *[other] { $count } apps would get this key when they ask for the account.
}
emergency-no-reason = Say why it is needed.
emergency-long-reason = That is too long: 120 letters at most.
emergency-no-key = Enter the key.
emergency-let = Let it stand in
emergency-end = End it now
rename-title = Rename the account
rename-label = Name
rename-hint = Leave it empty to call it { $name }.
rename-long = That is too long: 100 letters at most.
rename-save = Rename
disconnect-title = Disconnect { $name }?
disconnect-text = { $count ->
    [0] No app uses it. Bowline forgets it at once.
    [one] { $app } loses access now. Bowline forgets the account at once.
   *[other] { $count } apps lose access now. Bowline forgets the account at once.
}
disconnect-also = Also remove access at { $provider }
disconnect-also-hint = Otherwise the provider goes on listing Bowline.
disconnected-title = { $name } is forgotten here
disconnected-unsure = { $provider } did not confirm that it ended the access. To be sure, remove Bowline on its security page.

## Questions of apps and programs

ask-spoken = { $app } asks for access to an account.
ask-title-app = “{ $app }” asks for access
ask-title-program = “{ $app }” wants to read an account
ask-title-emergency = Let an emergency key stand in for { $name }?
ask-emergency = { $count ->
    [one] For a minute at most, or until the provider answers again, whoever may use the account gets the key that was entered.
   *[other] For { $count } minutes at most, or until the provider answers again, whoever may use the account gets the key that was entered.
}
ask-changed = This is not the program you allowed as { $app } on { $date }: it was updated or replaced. Allow it only if you expect that.
ask-because = In its own words: { $because }
ask-program = Program
ask-program-unknown = could not be told
ask-parent = Started by
ask-code = Word
ask-code-hint = The app shows the same word.
ask-accounts = Which account?
ask-account = { $name } at { $provider }
ask-choose = Choose what it gets before you allow it.
ask-no-account = You have no account that fits. Deny, connect one, and let the app ask again.
ask-metrics = It wants to see what Bowline counts: renewals, reads and refusals, by provider. No account is named in it.
ask-may = It could then
# $names are the accounts.
ask-with = With { $names }:
ask-may-all = Do everything that the account allows.
ask-how-long = For how long?
term-once = This once
term-hour = One hour
term-revoked = Until I take it back
ask-ends = until this is a no
ask-more-time = More time
ask-place = Question { $place } of { $total }
ask-later = Decide later
ask-deny = Deny
ask-block = Deny and block
ask-allow = Allow
questions-wait = { $count ->
    [one] { $app } still waits for your answer.
   *[other] { $count } questions still wait for your answer.
}
questions-review = Answer

## Apps

apps-lead = Programs that you let in, and what each may read.
apps-loading = Looking for apps…
apps-trouble = The apps could not be read
apps-empty = No app has access yet
apps-empty-hint = When a program asks for one of your accounts, you are asked here first.
app-never-read = never read anything
app-read = last read { $when }
app-since = let in on { $date }
app-blocked = refused without a question
app-blocked-for = Refused without a question for { $name }
app-metrics = It may see what Bowline counts.
app-no-grants = It may read no account at present.
app-program = Bound to the program
app-program-none = Not bound to one program: whoever has its key is this app.
app-revoke = Revoke
app-revoke-of = Revoke the access of { $app }
app-revoke-title = Take access away from { $app }?
app-revoke-text = { $count ->
    [0] It may read nothing at present. It has to ask again afterwards.
    [one] It loses one account at once, and has to ask again.
   *[other] It loses { $count } accounts at once, and has to ask again.
}
app-unblock = Ask me again
app-unblock-of = Ask me again about { $app }
app-unblock-title = Be asked about { $app } again?
app-unblock-text = It is refused without a question now. Afterwards you are asked when it wants an account.
app-revoke-blocked = What you blocked is asked about again, too.
grant-all = everything the account allows
grant-some = { $count ->
    [one] one permission
   *[other] { $count } permissions
}
grant-which = Which permissions
grant-until = until { $date }
grant-until-revoked = until you take it back

## Activity

activity-lead = Everything that was read, renewed and decided, and by whom.
activity-search = Search activity
activity-filter = Filter activity
activity-empty = Nothing has happened yet
activity-empty-hint = Every read and every renewal will be written down here.
activity-none-found = Nothing fits
activity-older = Show older entries
filter-account = Account
filter-account-all = Any account
filter-app = App
filter-app-all = Any app
filter-event = What happened
filter-event-all = Anything
export-csv = Save as CSV
export-json = Save as JSON
story-loading = Reading what happened…
story-trouble = What happened could not be read
story-empty = Nothing was written down about it yet.
story-all = All of its activity
chain-checking = Checking whether the record is whole…
chain-whole = { $count ->
    [one] The record is whole: one entry, unchanged.
   *[other] The record is whole: { $count } entries, none changed or missing.
}
chain-broken = The record was changed from outside: entry { $seq } does not fit. What stands before it is whole.
chain-unknown = Whether the record is whole could not be found out just now.
actor-you = You
events-reads = Reads
events-renewals = Renewals
events-connections = Connections
events-accounts = Accounts
events-apps = Apps
events-fallbacks = Accounts that stood in
events-emergencies = Emergency keys
events-vault = Locking and backup
event-connect-started = { $actor } began to connect an account
event-connect-connected = { $account } was connected
event-connect-failed = Connecting came to nothing
event-connect-cancelled = Connecting was given up
event-connect-expired = Connecting was not finished in time
event-token-read = { $actor } used { $account }
event-token-refused = { $actor } was refused { $account }
event-token-rejected = { $actor } was turned away by the provider with { $account }
event-refresh-ok = { $account } was renewed
event-refresh-failed = { $account } could not be renewed
event-account-renamed = { $account } was renamed
event-account-paused = { $account } was paused or resumed
event-account-fallback = Who stands in for { $account } was changed
event-account-removed = { $account } was forgotten here
event-account-revoked = { $account } was disconnected, and the provider confirmed
event-app-requested = { $actor } asked for access
event-app-approved = { $actor } let an app in
event-app-denied = { $actor } denied an app
event-app-revoked = { $actor } took access away from an app
event-fallback-used = { $actor } was given another account in the place of { $account }
event-emergency-requested = { $actor } asked for an emergency key for { $account }
event-emergency-approved = { $actor } allowed an emergency key for { $account }
event-emergency-used = { $actor } was given the emergency key for { $account }
event-emergency-ended = An emergency key for { $account } is over
event-vault-locked = Bowline was locked
event-vault-unlocked = Bowline was unlocked
event-vault-rekeyed = Everything was sealed with a new key
event-vault-exported = A backup was made
event-vault-imported = A backup was read
event-provider-changed = A provider’s settings were changed
event-settings-changed = Bowline’s settings were changed
event-abuse = { $actor } was refused again and again
event-other = { $event }
why-provider-unreachable = The provider could not be reached
why-provider-error = The provider had trouble
why-invalid-grant = The provider ended the sign-in
why-invalid-client = The client id or secret was not accepted
why-rate-limited = Too many requests
why-approval-required = You have not allowed it
why-access-denied = Access was not given
why-insufficient-scope = A permission is missing
why-reconnect-required = The account needs you
why-tls = The certificate is not trusted
why-locked = Bowline was locked
why-timed-out = It took too long
why-other = Code: { $code }

## Health

health-lead = Renewals, and when you will be needed.
health-empty = Nothing to watch over yet
health-empty-hint = Once an account is connected, its renewals show here.
health-working = Working
health-needing = Need you
health-renewed = Last renewals that worked
health-next = Next renewal
health-of = { $part } of { $all }
health-providers = By provider
health-accounts = By account
health-never = not yet
health-more = { $count ->
    [one] Show one more
   *[other] Show more ({ $count })
}
col-provider = Provider
col-account = Account
col-accounts = Accounts
col-state = State
col-renewals = Renewals that worked
col-last = Last renewal
col-next = Next renewal
col-needed = You are needed
col-last-error = Last trouble
alert-since = It began { $when }.
health-over-time = Over time
health-range = Which time
range-24h = Last 24 hours
range-7d = Last 7 days
range-30d = Last 30 days
health-figures-loading = Adding up…
health-figures-trouble = The figures could not be read
health-success = Renewals that worked
health-p99 = 99 of 100 renewals within
health-lifetime = Tokens live on average
health-joined = Shared renewals
health-conflicts = Renewals that met
health-expired = Tokens used after their end
health-by-provider = Renewals by provider
health-breakers = Provider hosts
percent = { $value } %
length-ms = { $value } ms
length-s = { $value } s
length-m = { $value } min
length-h = { $value } h
length-d = { $value } d
plot-renewals = Renewals
plot-served = Tokens given to apps
plot-spoken = { $title }: { $figures }. The table below has every step.
plot-part = { $word }: { $count }
plot-ok = Worked
plot-failed = Did not work
plot-oauth = The account’s own
plot-fallback = Stand-in account
plot-emergency = Emergency key
plot-now = now
plot-table = As a table
col-from = From
col-success = Worked
col-p99 = 99 of 100 within
col-lifetime = Tokens live
col-host = Host
col-breaker = Bowline asks it
col-next-try = Next try
breaker-closed = as needed
breaker-open = not for now
breaker-half-open = once, to see

## Doctor

doctor-title = Doctor
doctor-open = Run the doctor
doctor-lead = Looks for what keeps accounts from working, and says what to do.
doctor-lead-account = Looks for what keeps { $name } from working, and says what to do.
doctor-loading = Checking…
doctor-loading-hint = Clock, network, keychain, vault and providers, one after the other.
doctor-trouble = The checks could not be run
doctor-empty = There was nothing to check
doctor-again = Check again
doctor-copy = Copy report
doctor-well = { $count ->
    [one] The check found nothing wrong.
   *[other] All { $count } checks found nothing wrong.
}
doctor-found = { $errors ->
    [0] { $warnings ->
        [one] One thing is worth a look.
       *[other] { $warnings } things are worth a look.
    }
    [one] { $warnings ->
        [0] One thing has to be mended.
       *[other] One thing has to be mended; { $warnings } more are worth a look.
    }
   *[other] { $errors } things have to be mended.
}
doctor-report-hint = The report holds no account name, no folder and no secret. It can be shown to others.
level-ok = fine
level-warning = worth a look
level-error = has to be mended
level-skipped = not looked at
check-clock = Clock
check-dns = Names of hosts
check-tls = Certificates
check-proxy = Proxy
check-endpoints = Addresses of the provider
check-client-id = Client id
check-client-secret = Client secret
check-redirect-uri = Return address
check-scopes = Permissions
check-refresh = Renewal
check-keychain = Keychain
check-vault-key = Key of the vault
check-database = Vault
check-disk = Disk
check-permissions = Rights of files
check-socket = Socket for apps
check-http-port = Port for apps
check-notifications = Notifications
check-browser = Browser
check-agent = Agent
check-breaker = Pauses of providers

## Settings

settings-loading = Reading the settings…
settings-trouble = The settings could not be read
settings-start = Start and notices
settings-access = Apps and programs
settings-vault = Safety
settings-look = This window
settings-about = About
set-autostart = Start when I log in
set-autostart-hint = In the background, without a window.
set-notifications = Show notices
set-notifications-hint = Only when you are needed, will be needed, or an app asks. Never for success.
set-quiet = Quiet hours
set-quiet-hint = Notices wait until they are over, and come as one.
set-quiet-from = From
set-quiet-to = Until
set-quiet-wrong = These two have to be different times.
set-owner = Programs without a key of their own
set-owner-hint = Any program that runs as you can ask Bowline for an account.
set-owner-confirm = Ask me first
set-owner-confirm-hint = By name, for once, for an hour or until you take it back.
set-owner-any = Let them read
set-owner-any-hint = Convenient for scripts. Every read is still written down.
set-http = Also answer on this computer’s network port
set-http-hint = For apps that cannot use the socket. Reached from this computer only, and only with a key. In force after the next start.
set-port = Port
set-port-hint = Leave it empty for any free one.
set-port-wrong = A port is a number from 1024 to 65535.
set-timeout = Time to finish signing in
minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
}
set-key-keychain = The key lies in your keychain
set-key-passphrase = A passphrase opens it
set-vault-open = Unlocked
set-vault-locked = Locked: nothing can be read.
lock-now = Lock now
set-backup = Backup
set-backup-hint = Everything in one file that only a passphrase opens.
backup = Make a backup
restore = Restore
theme-system = As the system has it
theme-light = Light
theme-dark = Dark
set-theme = Theme
about-version = Bowline { $version }
about-keep = { $days ->
    [one] Activity is kept for one day.
   *[other] Activity is kept for { $days } days.
}
about-keep-other = Activity is kept for { $keep }.
backup-title = Make a backup
backup-text = Choose a passphrase for it. Without it nobody can read the file, and neither can you.
backup-choose = Choose where to save
restore-title = Restore a backup
restore-text = What is in the backup and not here is added. Nothing here is replaced.
restore-choose = Choose the file
passphrase = Passphrase
passphrase-again = The same again
passphrase-empty = The passphrase is missing.
passphrase-short = Twelve letters at least; a few words are easy to remember.
passphrase-differs = The two are not the same.

## When nothing works before one thing is mended

block-starting-title = Bowline
block-starting = Starting…
block-gone-title = Bowline has stopped
block-gone = The agent in the background ended, so apps get nothing at present. Your sign-ins are safe on disk.
block-restart = Start it again
stopped-bar = Bowline has stopped. This is what was last known.
starting-bar = Bowline is starting again. This is what was last known.
block-look = See what was last known
block-mismatch-title = Two versions of Bowline
block-mismatch = The agent in the background is another version than this window, so they do not understand each other. Start it anew to use this version.
block-restart-new = Start this version
block-locked-title = Your keychain is locked
block-locked = Your saved sign-ins cannot be read until you unlock it. Unlock it to go on.
block-passphrase-title = Bowline is locked
block-passphrase = Your saved sign-ins are sealed with your passphrase. Type it to go on.
block-no-keychain-title = No keychain is running
block-no-keychain = In this session no keychain service answers, and it holds the key to your sign-ins. They are safe, but closed.
block-ways = Two ways out
block-no-keychain-start = Start your desktop’s keychain, for example GNOME Keyring or KWallet, then look again.
block-no-keychain-passphrase = Or protect a new vault with a passphrase: start Bowline with
block-look-again = Look again
block-key-changed-title = The key is gone
block-key-changed = The key that protects your sign-ins is not in the keychain any more. Restore a backup to get them back.
block-key-changed-else = { $count ->
    [0] Without a backup, start with a new vault and connect your accounts again.
    [one] Without a backup, start with a new vault and reconnect your account.
   *[other] Without a backup, start with a new vault and reconnect your { $count } accounts.
}
block-known = What is known

closing-title = Bowline goes on
closing-text = The window closes, and the agent keeps your accounts connected in the background. It tells you when you are needed.
closing-quit = To end it altogether, choose Quit in its menu near the clock, or type bowline stop.
closing-stay = Keep the window open
closing-close = Close the window

## Keys

keys-title = Keys
keys-letters = Single letters are keys
keys-letters-hint = Switch this off if you speak to your computer, or strike keys by accident.
key-add = Add an account
key-search = Search
key-sections = Go to a section
key-settings = Settings
key-move = Move in a list
key-open = Open
key-reconnect = Reconnect the chosen account
key-test = Check the chosen account
key-disconnect = Disconnect the chosen account (asks first)
key-undo = Take back a rename or a pause
key-close = Close or go back; never a yes
key-shortcuts = This list
key-quit = Close the window
