// How an account fares, turned into what a person sees: the order, the word, the tone and the one useful verb.
import type { Account } from '../types/Account';
import type { Status } from '../types/Status';
import { found } from './table';

/** How loud a thing is shown; each tone has its own inks in the tokens, and never stands without a word. */
export type Tone = 'well' | 'soon' | 'need' | 'wait' | 'still';

/** What the one button of an account does. */
export type Verb = 'reconnect' | 'client' | 'doctor' | 'refresh' | 'unlock' | 'resume';

interface Look {
  tone: Tone;
  word: string;
  icon: string;
}

const LOOKS: Record<Status, Look> = {
  needs_reconnect: { tone: 'need', word: 'status-needs-reconnect', icon: 'hand' },
  misconfigured: { tone: 'need', word: 'status-misconfigured', icon: 'wrench' },
  insufficient_permissions: { tone: 'need', word: 'status-insufficient-permissions', icon: 'shield' },
  locked: { tone: 'need', word: 'status-locked', icon: 'lock' },
  unavailable: { tone: 'wait', word: 'status-unavailable', icon: 'cloud' },
  expiring: { tone: 'soon', word: 'status-expiring', icon: 'clock' },
  degraded: { tone: 'wait', word: 'status-degraded', icon: 'again' },
  paused: { tone: 'still', word: 'status-paused', icon: 'pause' },
  healthy: { tone: 'well', word: 'status-healthy', icon: 'check' },
};

/** The statuses in the order in which the list shows them. */
export const IN_ORDER = Object.keys(LOOKS) as Status[];

const RANK = new Map(IN_ORDER.map((status, rank) => [status, rank]));

/** The word, tone and icon of a status; one that a newer agent may have is shown as one that mends itself. */
export function look(status: Status): Look {
  return found<Look>(LOOKS, status) ?? LOOKS.degraded;
}

/** Smaller is shown earlier. */
export function rank(status: Status): number {
  return RANK.get(status) ?? IN_ORDER.length;
}

/** True where only the person can mend it, now. */
export function needsYou(account: Account): boolean {
  return look(account.status).tone === 'need' && account.status !== 'locked';
}

/** True where signing in again is what mends it. */
export function mendsByReconnect(account: Account): boolean {
  return verb(account) === 'reconnect' && needsYou(account);
}

/** The one useful thing to do about an account; none where there is nothing to do. */
export function verb(account: Account): Verb | null {
  switch (account.status) {
    case 'needs_reconnect':
    case 'expiring':
    case 'insufficient_permissions':
      return 'reconnect';
    case 'misconfigured':
      return account.reason === 'invalid_endpoint' ? 'doctor' : 'client';
    case 'locked':
      return 'unlock';
    case 'paused':
      return 'resume';
    case 'degraded':
    case 'unavailable':
      return account.reason === 'clock_skew' ? 'doctor' : 'refresh';
    case 'healthy':
      return account.refreshable ? 'refresh' : null;
    default:
      return null;
  }
}

/** The id of the word on the verb's button. */
export function verbWord(account: Account): string {
  switch (verb(account)) {
    case 'client':
      return 'verb-edit-client';
    case 'doctor':
      return 'verb-find-out';
    case 'unlock':
      return 'verb-unlock';
    case 'resume':
      return 'verb-resume';
    case 'refresh':
      return account.status === 'healthy' ? 'verb-check' : 'verb-try-now';
    default:
      return reconnectWord(account);
  }
}

function reconnectWord(account: Account): string {
  if (account.status === 'expiring') return 'verb-sign-in-now';
  if (account.status === 'insufficient_permissions') return 'verb-ask-again';
  return 'verb-reconnect';
}
