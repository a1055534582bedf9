// Everyday accounts, and accounts in every kind of trouble.
import type { Account } from '../../types/Account';
import type { App } from '../../types/App';
import type { Check } from '../../types/Check';
import type { Entry } from '../../types/Entry';
import { account, app, at, check, DAY, entry, HOUR } from './made';

const MINUTE = 60_000;
const GITHUB = {
  provider: 'github', provider_name: 'GitHub', refreshable: false, next_refresh_at: null, access_expires_at: null, last_refresh: null,
  scopes_requested: ['read:user', 'repo'], scopes_granted: ['read:user', 'repo'], dashboard: 'https://github.com/settings/applications',
};
const MICROSOFT = {
  provider: 'microsoft', provider_name: 'Microsoft', dashboard: 'https://myapplications.microsoft.com/',
  scopes_requested: ['openid', 'profile', 'Mail.Read'], scopes_granted: ['openid', 'profile', 'Mail.Read'],
};

const failed = (code: string, http: number | null, words: string | null, ago = 8 * MINUTE, attempts = 3): Account['last_refresh'] =>
  ({ at: at(-ago), ok: false, code, http_status: http, provider_words: words, attempts });

export const USUAL: Account[] = [
  account({ id: 'acc_work', label: 'Work', username: 'ana.lima@northwind.example', display_name: 'Ana Lima', used_by: ['Calendar Sync', 'mbsync', 'backup.sh'] }),
  account({ id: 'acc_home', label: 'Home', username: 'ana.lima@gmail.example', display_name: 'Ana Lima', used_by: ['Thunderbird'], next_refresh_at: at(12 * MINUTE) }),
  account({ id: 'acc_code', ...GITHUB, label: 'Code', username: 'analima', used_by: ['git', 'ci-watch'] }),
  account({
    id: 'acc_office', ...MICROSOFT, label: 'Client mail', username: 'ana@contoso.example', status: 'expiring', reason: 'grant_expires',
    action: 'reconnect', grant_expires_at: at(3 * DAY), forecast_ends_at: at(3 * DAY), used_by: ['mbsync'],
  }),
  account({
    id: 'acc_music', provider: 'spotify', provider_name: 'Spotify', username: 'analima', status: 'degraded', reason: 'provider_unreachable',
    action: 'wait', access_expires_at: at(22 * MINUTE), next_refresh_at: at(90_000), last_refresh: failed('provider_unreachable', null, null, 40_000),
    scopes_requested: ['playlist-read-private'], scopes_granted: ['playlist-read-private'],
  }),
  account({ id: 'acc_files', provider: 'dropbox', provider_name: 'Dropbox', label: 'Files', username: 'ana@lima.example', status: 'paused', action: 'resume', next_refresh_at: null }),
];

export const TROUBLE: Account[] = [
  account({
    id: 'acc_work', label: 'Work', username: 'ana.lima@northwind.example', status: 'needs_reconnect', reason: 'revoked', action: 'reconnect',
    access_expires_at: null, next_refresh_at: null, used_by: ['Calendar Sync', 'mbsync', 'backup.sh'],
    last_refresh: failed('invalid_grant', 400, 'Token has been expired or revoked.'), message: 'Google ended access. Reconnect Work.',
  }),
  account({
    id: 'acc_school', ...MICROSOFT, label: 'School', username: 'ana@school.example', status: 'needs_reconnect', reason: 'admin_approval_needed',
    action: 'ask_admin', access_expires_at: null, next_refresh_at: null, last_refresh: failed('interaction_required', 400, 'AADSTS65001: consent is needed.', 2 * HOUR),
  }),
  account({
    id: 'acc_chat', provider: 'slack', provider_name: 'Slack', label: 'Team chat', username: 'ana', status: 'misconfigured', reason: 'invalid_client',
    action: 'fix_provider', access_expires_at: null, next_refresh_at: null, used_by: ['standup-bot'], last_refresh: failed('invalid_client', 401, 'bad_client_secret', DAY),
    scopes_requested: ['users:read', 'chat:write'], scopes_granted: ['users:read', 'chat:write'],
  }),
  account({
    id: 'acc_code', ...GITHUB, label: 'Code', username: 'analima', status: 'insufficient_permissions', reason: 'scope_changed', action: 'reconnect',
    scopes_granted: ['read:user'], scopes_missing: ['repo'], used_by: ['git', 'ci-watch'],
  }),
  account({
    id: 'acc_lab', provider: 'gitlab', provider_name: 'GitLab.com', label: 'Lab', username: 'ana.lima', status: 'unavailable', reason: 'rate_limited',
    action: 'wait', access_expires_at: at(-MINUTE), next_refresh_at: at(4 * MINUTE), used_by: ['ci-watch'], last_refresh: failed('rate_limited', 429, null, 60_000),
    scopes_requested: ['read_api'], scopes_granted: ['read_api'],
  }),
  ...USUAL.slice(1, 2),
  ...USUAL.slice(3),
];

/** Five accounts that ended at once, as after a changed password. */
export const FIVE_ENDED: Account[] = [1, 2, 3, 4, 5].map((n) =>
  account({
    id: `acc_${n}`, label: `Mailbox ${n}`, username: `ana+${n}@northwind.example`, status: 'needs_reconnect', reason: 'revoked', action: 'reconnect',
    access_expires_at: null, next_refresh_at: null, used_by: ['mbsync'], last_refresh: failed('invalid_grant', 400, 'Token has been revoked.'),
  }),
);

export const APPS: App[] = [
  app({
    id: 'app_cal', name: 'Calendar Sync', program: '/opt/calendar-sync/bin/calendar-sync', created_at: at(-40 * DAY),
    grants: [{ account: 'acc_work', scopes: null, expires_at: null }, { account: 'acc_home', scopes: ['openid', 'email'], expires_at: null }],
  }),
  app({ id: 'app_mb', name: 'mbsync', program: '/usr/bin/mbsync', last_read_at: at(-9 * MINUTE), grants: [{ account: 'acc_office', scopes: null, expires_at: at(50 * MINUTE) }, { account: 'acc_work', scopes: null, expires_at: null }] }),
  app({ id: 'app_ci', name: 'ci-watch', last_read_at: null, created_at: at(-2 * DAY), grants: [{ account: 'acc_code', scopes: ['read:user'], expires_at: null }] }),
  app({ id: 'prog_fetch', name: 'fetch-all', program: '/opt/fetch/fetch-all', last_read_at: null, created_at: at(-DAY), blocked: ['acc_home', 'acc_work'] }),
];

const PLAN: [string, Partial<Entry>][] = [
  ['token.read', { actor: 'app_cal', actor_name: 'Calendar Sync', program: '/opt/calendar-sync/bin/calendar-sync', account: 'acc_work', app: 'app_cal' }],
  ['refresh.ok', { account: 'acc_work' }],
  ['refresh.failed', { account: 'acc_music', outcome: 'failed', code: 'provider_unreachable' }],
  ['token.read', { actor: 'app_mb', actor_name: 'mbsync', program: '/usr/bin/mbsync', account: 'acc_office', app: 'app_mb' }],
  ['token.refused', { actor: 'app_ci', actor_name: 'ci-watch', account: 'acc_home', app: 'app_ci', outcome: 'refused', code: 'approval_required' }],
  ['refresh.ok', { account: 'acc_home' }],
  ['refresh.failed', { account: 'acc_work', outcome: 'failed', code: 'invalid_grant' }],
  ['app.approved', { actor: 'owner', actor_name: 'You', app: 'app_ci' }],
  ['account.renamed', { actor: 'owner', actor_name: 'You', account: 'acc_work' }],
  ['account.paused', { actor: 'owner', actor_name: 'You', account: 'acc_files' }],
  ['connect.connected', { actor: 'owner', actor_name: 'You', account: 'acc_work' }],
  ['connect.started', { actor: 'owner', actor_name: 'You', account: 'acc_work' }],
  ['vault.unlocked', { actor: 'owner', actor_name: 'You' }],
];

const STEPS = [3, 19, 1, 9, 31, 48, 8, 95, 130, 200, 1500, 1501, 1502].map((minutes) => -minutes * MINUTE);

/** Newest first. */
export const ENTRIES: Entry[] = Array.from({ length: 140 }, (_, i) => {
  const [event, given] = PLAN[i % PLAN.length]!;
  const round = Math.floor(i / PLAN.length);
  return entry({ seq: 0, event, ...given, at: at(STEPS[i % STEPS.length]! - round * 2 * DAY) });
})
  .sort((a, b) => b.at.localeCompare(a.at))
  .map((one, i) => ({ ...one, seq: 1840 - i }));

export const CHECKS: Check[] = [
  check('clock', 'ok', 'The clock is right to within a second.'),
  check('dns', 'ok', 'Names are found.'),
  check('tls', 'ok', 'Certificates are trusted.'),
  check('proxy', 'skipped', 'No proxy is set.'),
  check('keychain', 'ok', 'The keychain answers and is unlocked.'),
  check('database', 'ok', 'The vault is whole.'),
  check('disk', 'ok', 'There is room: 41 GB.'),
  check('client_secret', 'error', 'Slack does not accept the client secret that is set up for ana@northwind.example.', 'Paste the secret again: bowline providers set-secret slack'),
  check('notifications', 'warning', 'This session has no service for notifications.', 'Keep this window open, or look at bowline status.'),
  check('browser', 'ok', 'A browser is set.'),
];
