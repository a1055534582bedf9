// Tries to connect, as the stand-in plays them: each waits until somebody says how it ends.
import type { Account } from '../../types/Account';
import type { Attempt } from '../../types/Attempt';
import type { ConnectWish } from '../../types/ConnectWish';
import type { Problem } from '../../types/Problem';
import type { Provider } from '../../types/Provider';
import { account, at } from './made';
import { QR_PATH, QR_SIZE } from './qr';

/** How a try may end: the agent's states, or the code of a failure. */
export type Ending = string;

interface Open {
  attempt: Attempt;
  wish: ConnectWish;
  waiting: ((attempt: Attempt) => void)[];
}

export function problem(code: string, given: Partial<Problem> = {}): Problem {
  return { code, detail: '', action: null, provider_words: null, missing_scopes: [], retry_after_s: null, ...given };
}

export class Attempts {
  readonly #all = new Map<string, Open>();
  readonly #now: () => number;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  begin(wish: ConnectWish, browser: boolean): Attempt {
    const id = `att_${(this.#count += 1)}`;
    const uri = 'https://device.example/activate';
    const code = { user_code: 'WDJB-MJHT', verification_uri: uri, qr_path: QR_PATH, qr_size: QR_SIZE };
    const attempt: Attempt = {
      id,
      provider: wish.provider,
      state: 'waiting',
      browser_opened: browser && !wish.device,
      expires_at: new Date(this.#now() + 600_000).toISOString(),
      device: wish.device ? code : null,
      account: null,
      error: null,
    };
    this.#all.set(id, { attempt, wish, waiting: [] });
    return attempt;
  }

  get(id: string): Attempt | null {
    return this.#all.get(id)?.attempt ?? null;
  }

  /** Answers when the attempt moves on. */
  wait(id: string): Promise<Attempt> {
    const open = this.#all.get(id);
    if (!open) return Promise.reject(problem('request_not_found', { detail: 'Bowline was restarted; start again.' }));
    return new Promise((resolve) => open.waiting.push(resolve));
  }

  /** Ends the newest attempt that is open, or takes it one step on. */
  end(ending: Ending, known: readonly Account[], providers: readonly Provider[]): Account | null {
    const open = [...this.#all.values()].reverse().find((one) => ['waiting', 'exchanging'].includes(one.attempt.state));
    if (!open) return null;
    open.attempt = this.#ended(open, ending, known, providers);
    for (const tell of open.waiting.splice(0)) tell(open.attempt);
    return open.attempt.account;
  }

  /** Calls an attempt off that still waits; one that is further on stays as it is. */
  cancel(id: string): Attempt {
    const open = this.#all.get(id);
    if (!open) throw problem('request_not_found', { detail: 'This sign-in is over. Start again.' });
    if (open.attempt.state !== 'waiting') return open.attempt;
    open.attempt = { ...open.attempt, state: 'cancelled' };
    for (const tell of open.waiting.splice(0)) tell(open.attempt);
    return open.attempt;
  }

  #ended(open: Open, ending: Ending, known: readonly Account[], providers: readonly Provider[]): Attempt {
    switch (ending) {
      case 'exchanging':
      case 'cancelled':
      case 'expired':
        return { ...open.attempt, state: ending };
      case 'connected':
        return { ...open.attempt, state: 'connected', account: connected(open.wish, known, providers, []) };
      case 'connected-less':
        return { ...open.attempt, state: 'connected', account: connected(open.wish, known, providers, ['https://www.googleapis.com/auth/calendar.events']) };
      default:
        return { ...open.attempt, state: 'failed', error: problem(ending, { detail: 'The sign-in did not work.', provider_words: ending }) };
    }
  }
}

/** The account as it is after signing in. */
function connected(wish: ConnectWish, known: readonly Account[], providers: readonly Provider[], missing: string[]): Account {
  const before = known.find((one) => one.id === wish.account);
  const provider = providers.find((one) => one.id === wish.provider);
  const name = provider?.name ?? wish.provider;
  const scopes = [...(provider?.scopes ?? []), ...(wish.scopes ?? [])];
  const fresh = before ?? account({ id: `acc_new_${known.length}`, provider: wish.provider, provider_name: name, username: wish.login_hint ?? 'ana@example.com', connected_at: at(0) });
  return {
    ...fresh,
    status: missing.length > 0 ? 'insufficient_permissions' : 'healthy',
    reason: missing.length > 0 ? 'scope_changed' : null,
    action: missing.length > 0 ? 'reconnect' : null,
    message: 'Connected. Renews by itself.',
    scopes_requested: before?.scopes_requested ?? scopes,
    scopes_granted: before?.scopes_requested ?? scopes,
    scopes_missing: missing,
    access_expires_at: at(3_600_000),
    next_refresh_at: at(3_300_000),
    reconnected_at: before ? at(0) : null,
  };
}
