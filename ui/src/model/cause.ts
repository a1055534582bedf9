// Why an account is as it is, in one or two sentences: cause, effect, then what to do. The reasons are the contract's;
// for a reason that is not known here the agent's own sentence stands.
import { canSay, say, type Values } from '../text/words';
import type { Account } from '../types/Account';
import { clockTime, day, daysUntil, instant, moment, relative } from './time';
import { scopeWord } from './scopes';
import { found } from './table';

const CAUSES: Record<string, string> = {
  refresh_token_expired: 'cause-refresh-token-expired',
  refresh_token_missing: 'cause-refresh-token-missing',
  revoked: 'cause-revoked',
  inactive_too_long: 'cause-inactive-too-long',
  scope_changed: 'cause-scope-changed',
  consent_required: 'cause-consent-required',
  token_corrupted: 'cause-token-corrupted',
  reuse_suspected: 'cause-reuse-suspected',
  interrupted_renewal: 'cause-interrupted-renewal',
  provider_unreachable: 'cause-provider-unreachable',
  provider_error: 'cause-provider-error',
  rate_limited: 'cause-rate-limited',
  breaker_open: 'cause-breaker-open',
  clock_skew: 'cause-clock-skew',
  invalid_client: 'cause-invalid-client',
  invalid_endpoint: 'cause-invalid-endpoint',
  tls: 'cause-tls',
  grant_expires: 'cause-grant-expires',
  access_expires_no_refresh: 'cause-access-expires-no-refresh',
  admin_approval_needed: 'cause-admin-approval-needed',
  step_up_required: 'cause-step-up-required',
  keychain_locked: 'cause-keychain-locked',
  keychain_missing: 'cause-keychain-missing',
  key_changed: 'cause-key-changed',
};

/** When the person will be needed, as far as anyone knows. */
export function neededAt(account: Account): number | null {
  return instant(account.forecast_ends_at) ?? instant(account.grant_expires_at) ?? instant(account.access_expires_at);
}

function values(account: Account, now: number): Values {
  const needed = neededAt(account) ?? now;
  const next = instant(account.next_refresh_at);
  const ended = instant(account.last_refresh?.at);
  return {
    name: account.name,
    provider: account.provider_name,
    apps: account.used_by.length,
    app: account.used_by[0] ?? '',
    date: moment(needed, now),
    days: daysUntil(needed, now),
    ended: ended === null ? '' : day(ended, now),
    scope: account.scopes_missing.map((scope) => scopeWord(account.provider, scope)).join(', '),
    next: next === null || next <= now ? say('soon') : relative(next, now),
  };
}

/** Whether the current access still works while renewal does not. */
function stillWorks(account: Account, now: number): string {
  const ends = instant(account.access_expires_at);
  if (account.standing_in !== null) return say(account.standing_in === 'emergency' ? 'effect-key-stands-in' : 'effect-other-stands-in');
  if (account.status !== 'degraded') return say('effect-not-until-then');
  return ends !== null && ends > now ? say('effect-works-until', { time: clockTime(ends) }) : say('effect-still-works');
}

function temporary(account: Account): boolean {
  return account.status === 'degraded' || account.status === 'unavailable';
}

/** The cause as the row shows it; nothing for an account that is well. */
export function cause(account: Account, now: number): string | null {
  if (account.status === 'healthy') return null;
  if (account.status === 'paused') return say('cause-paused');
  if (account.status === 'insufficient_permissions') {
    return account.scopes_missing.length > 0 ? say('cause-insufficient', values(account, now)) : say('cause-scope-changed', values(account, now));
  }
  // An end that nobody stated is a guess, and so are the words for it.
  const guessed = account.reason === 'grant_expires' && account.grant_expires_at === null;
  const id = guessed ? 'cause-grant-probably-expires' : found(CAUSES, account.reason);
  if (!id || !canSay(id)) return account.message;
  const first = say(id, values(account, now));
  return temporary(account) ? `${first} ${stillWorks(account, now)}` : first;
}

/** What the cause costs: which apps wait. Nothing where none does. */
export function waiting(account: Account): string | null {
  const apps = account.used_by;
  if (apps.length === 0) return null;
  return say('effect-apps-wait', { app: apps[0], apps: apps.length });
}
