// The audit trail as a story: each entry a sentence with a tone. What happened is named as the contract names it; an
// event that is not known here is shown by its own name.
import { say } from '../text/words';
import type { Entry } from '../types/Entry';
import type { Tone } from './status';
import { found } from './table';

interface Told {
  words: string;
  icon: string;
  tone: Tone;
}

const EVENTS: Record<string, Told> = {
  'connect.started': { words: 'event-connect-started', icon: 'browser', tone: 'still' },
  'connect.connected': { words: 'event-connect-connected', icon: 'check', tone: 'well' },
  'connect.failed': { words: 'event-connect-failed', icon: 'warning', tone: 'need' },
  'connect.cancelled': { words: 'event-connect-cancelled', icon: 'cross', tone: 'still' },
  'connect.expired': { words: 'event-connect-expired', icon: 'clock', tone: 'still' },
  'token.read': { words: 'event-token-read', icon: 'key', tone: 'still' },
  'token.refused': { words: 'event-token-refused', icon: 'shield', tone: 'soon' },
  'token.rejected': { words: 'event-token-rejected', icon: 'warning', tone: 'soon' },
  'refresh.ok': { words: 'event-refresh-ok', icon: 'again', tone: 'well' },
  'refresh.failed': { words: 'event-refresh-failed', icon: 'again', tone: 'need' },
  'account.renamed': { words: 'event-account-renamed', icon: 'pencil', tone: 'still' },
  'account.paused': { words: 'event-account-paused', icon: 'pause', tone: 'still' },
  'account.fallback': { words: 'event-account-fallback', icon: 'apps', tone: 'still' },
  'account.removed': { words: 'event-account-removed', icon: 'trash', tone: 'still' },
  'account.revoked': { words: 'event-account-revoked', icon: 'trash', tone: 'still' },
  'app.requested': { words: 'event-app-requested', icon: 'apps', tone: 'still' },
  'app.approved': { words: 'event-app-approved', icon: 'check', tone: 'well' },
  'app.denied': { words: 'event-app-denied', icon: 'cross', tone: 'soon' },
  'app.revoked': { words: 'event-app-revoked', icon: 'trash', tone: 'still' },
  'fallback.used': { words: 'event-fallback-used', icon: 'apps', tone: 'soon' },
  'emergency.requested': { words: 'event-emergency-requested', icon: 'key', tone: 'soon' },
  'emergency.approved': { words: 'event-emergency-approved', icon: 'key', tone: 'need' },
  'emergency.used': { words: 'event-emergency-used', icon: 'key', tone: 'soon' },
  'emergency.ended': { words: 'event-emergency-ended', icon: 'check', tone: 'still' },
  'vault.locked': { words: 'event-vault-locked', icon: 'lock', tone: 'still' },
  'vault.unlocked': { words: 'event-vault-unlocked', icon: 'lock', tone: 'well' },
  'vault.rekeyed': { words: 'event-vault-rekeyed', icon: 'key', tone: 'well' },
  'vault.exported': { words: 'event-vault-exported', icon: 'save', tone: 'still' },
  'vault.imported': { words: 'event-vault-imported', icon: 'save', tone: 'still' },
  'provider.changed': { words: 'event-provider-changed', icon: 'settings', tone: 'still' },
  'settings.changed': { words: 'event-settings-changed', icon: 'settings', tone: 'still' },
  abuse: { words: 'event-abuse', icon: 'warning', tone: 'need' },
};

/** The kinds of events that can be asked for, each a beginning of their names. */
export const EVENT_KINDS: { kind: string; words: string }[] = [
  { kind: 'token', words: 'events-reads' },
  { kind: 'refresh', words: 'events-renewals' },
  { kind: 'connect', words: 'events-connections' },
  { kind: 'account', words: 'events-accounts' },
  { kind: 'fallback', words: 'events-fallbacks' },
  { kind: 'emergency', words: 'events-emergencies' },
  { kind: 'app', words: 'events-apps' },
  { kind: 'vault', words: 'events-vault' },
];

const WHY: Record<string, string> = {
  provider_unreachable: 'why-provider-unreachable',
  provider_error: 'why-provider-error',
  invalid_grant: 'why-invalid-grant',
  invalid_client: 'why-invalid-client',
  rate_limited: 'why-rate-limited',
  approval_required: 'why-approval-required',
  access_denied: 'why-access-denied',
  insufficient_scope: 'why-insufficient-scope',
  reconnect_required: 'why-reconnect-required',
  tls: 'why-tls',
  locked: 'why-locked',
  timed_out: 'why-timed-out',
};

/** An entry as it is shown. */
export interface Line {
  text: string;
  why: string | null;
  icon: string;
  tone: Tone;
}

/** Why something did not work, in a few words; the exact word where there are none. */
export function whyWords(code: string | null): string | null {
  if (!code) return null;
  const known = found(WHY, code);
  return known ? say(known) : say('why-other', { code });
}

/** The sentence of an entry. */
export function lineOf(entry: Entry, account: string | null): Line {
  const known = found(EVENTS, entry.event);
  const actor = entry.actor === 'owner' ? say('actor-you') : entry.actor_name;
  const values = { actor, account: account ?? entry.account ?? '', event: entry.event };
  const why = entry.outcome === 'ok' ? null : whyWords(entry.code);
  if (!known) return { text: say('event-other', values), why, icon: 'dot', tone: 'still' };
  return { text: say(known.words, values), why, icon: known.icon, tone: known.tone };
}

/** What is wanted of the trail. */
export interface EntriesWanted {
  text: string;
  kind: string;
  app: string;
}

/** The entries that fit what was chosen above the list. */
export function fittingEntries(entries: readonly Entry[], wanted: EntriesWanted, names: ReadonlyMap<string, string>): Entry[] {
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    if (wanted.kind && !entry.event.startsWith(wanted.kind)) return false;
    if (wanted.app && entry.app !== wanted.app && entry.actor !== wanted.app) return false;
    const text = [entry.actor_name, entry.event, entry.program, entry.code, names.get(entry.account ?? '')].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
