// The one try to connect that the window follows. It lives in the agent and goes on when the person looks elsewhere or
// closes the window; here is only how it stands, and the row of accounts that are reconnected one after another.
import type { Host } from '../host/host';
import type { Account } from '../types/Account';
import type { Attempt } from '../types/Attempt';
import type { AttemptState } from '../types/AttemptState';
import type { ConnectWish } from '../types/ConnectWish';
import type { Problem } from '../types/Problem';
import { asProblem } from './failures';

/** How it stands: the agent's states, and those before it has one. */
export type Stage = AttemptState | 'preparing' | 'refused';

/** Between two questions that were answered at once without news, and how many silences are borne. */
const REST_MS = 1000;
const PATIENCE = 5;

const OVER: AttemptState[] = ['connected', 'failed', 'cancelled', 'expired'];

export class Connecting {
  wish = $state.raw<ConnectWish | null>(null);
  attempt = $state.raw<Attempt | null>(null);
  /** Why no attempt could be started. */
  refusal = $state.raw<Problem | null>(null);
  /** Accounts that are to be reconnected after this one, by id. */
  row = $state.raw<string[]>([]);
  /** How many of the row are done. */
  done = $state(0);
  /** How many the row had. */
  total = $state(0);
  /** The agent is being asked to call it off. */
  stopping = $state(false);

  readonly stage = $derived<Stage>(this.attempt?.state ?? (this.refusal ? 'refused' : 'preparing'));
  /** True while the person is at the provider. */
  readonly open = $derived(this.wish !== null && !this.refusal && !OVER.includes(this.stage as AttemptState));

  readonly #host: Host;
  readonly #late: () => void;
  #turn = 0;

  /** `late` hears when an attempt was to be called off whose answer had come back already. */
  constructor(host: Host, late: () => void) {
    this.#host = host;
    this.#late = late;
  }

  /** Starts one try; a row that was begun before is given up. */
  async begin(wish: ConnectWish): Promise<void> {
    this.row = [];
    this.total = 0;
    this.done = 0;
    await this.#try(wish);
  }

  /** Signs in again with an account, with what it has now. */
  reconnect(account: Account): Promise<void> {
    return this.begin(again(account));
  }

  /** Starts with the first of several accounts; `next` goes on. */
  async beginRow(accounts: readonly Account[]): Promise<void> {
    const first = accounts[0];
    if (!first) return;
    this.row = accounts.slice(1).map((account) => account.id);
    this.total = accounts.length;
    this.done = 0;
    await this.#try(again(first));
  }

  /** Goes on to the next of the row. */
  async next(account: Account): Promise<void> {
    this.row = this.row.filter((id) => id !== account.id);
    await this.#try(again(account));
  }

  /** Takes an account out of the row that needs nobody any more. */
  skip(id: string): void {
    this.row = this.row.filter((other) => other !== id);
  }

  /** The same again. */
  async repeat(change: Partial<ConnectWish> = {}): Promise<void> {
    if (this.wish) await this.#try({ ...this.wish, ...change });
  }

  /** Gives up, and answers whether that came in time. What is only being prepared is forgotten at once, and called off
      when it arrives; else the agent says how the attempt stands, and one whose answer came back already goes on. */
  async cancel(): Promise<boolean> {
    if (!this.open) return true;
    const attempt = this.attempt;
    if (!attempt) {
      this.clear();
      return true;
    }
    const turn = this.#turn;
    this.stopping = true;
    try {
      const now = await this.#host.cancel_attempt({ id: attempt.id });
      if (turn !== this.#turn) return true;
      this.#take(now);
    } finally {
      this.stopping = false;
    }
    const inTime = !this.open && this.stage !== 'connected';
    if (!inTime) this.#late();
    return inTime;
  }

  /** Forgets what is over. */
  clear(): void {
    this.#turn += 1;
    this.wish = null;
    this.attempt = null;
    this.refusal = null;
    this.row = [];
    this.total = 0;
  }

  async #try(wish: ConnectWish): Promise<void> {
    if (this.attempt && this.open && !(await this.cancel().catch(() => true))) return;
    const turn = (this.#turn += 1);
    this.wish = wish;
    this.attempt = null;
    this.refusal = null;
    try {
      const attempt = await this.#host.connect({ wish });
      if (turn !== this.#turn) {
        await this.#host.cancel_attempt({ id: attempt.id });
        return;
      }
      this.#take(attempt);
      void this.#follow(attempt.id, turn);
    } catch (thrown) {
      if (turn === this.#turn) this.refusal = asProblem(thrown);
    }
  }

  async #follow(id: string, turn: number): Promise<void> {
    let failures = 0;
    while (turn === this.#turn && this.open) {
      const before = this.attempt?.state;
      const began = this.#host.clock.now();
      try {
        const attempt = await this.#host.attempt({ id, wait: true });
        if (turn !== this.#turn) return;
        this.#take(attempt);
        failures = 0;
        const hurried = attempt.state === before && this.#host.clock.now() - began < REST_MS;
        if (hurried) await this.#rest();
      } catch (thrown) {
        if (turn !== this.#turn) return;
        const problem = asProblem(thrown);
        failures += 1;
        if (problem.code === 'temporarily_unavailable' && failures < PATIENCE) await this.#rest();
        else this.#refused(problem);
      }
    }
  }

  #refused(problem: Problem): void {
    this.attempt = null;
    this.refusal = problem;
  }

  #rest(): Promise<void> {
    return new Promise((then) => this.#host.clock.after(REST_MS, then));
  }

  #take(attempt: Attempt): void {
    const before = this.attempt;
    // Two answers may cross; what is over stays over.
    if (before?.id === attempt.id && OVER.includes(before.state)) return;
    this.attempt = attempt;
    if (attempt.state === 'connected') this.done += 1;
  }
}

/** The wish to sign in again with an account. */
export function again(account: Account): ConnectWish {
  const missing = account.scopes_missing;
  const scopes = missing.length > 0 ? missing : null;
  return { provider: account.provider, account: account.id, scopes, login_hint: account.username, device: false };
}
