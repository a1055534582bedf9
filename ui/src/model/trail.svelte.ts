// The entries of the audit trail that a screen shows, newest first, page by page. Whatever comes back for an older
// question is dropped, so that it never stands under a newer filter.
import type { Commands } from '../host/host';
import type { Entry } from '../types/Entry';
import type { Problem } from '../types/Problem';
import { asProblem } from './failures';

const PAGE = 100;

export class Trail {
  entries = $state.raw<Entry[]>([]);
  /** The newest page is here. */
  loaded = $state(false);
  /** There is nothing older. */
  ended = $state(false);
  /** Older ones are on their way. */
  busy = $state(false);
  /** Why nothing could be read. */
  problem = $state.raw<Problem | null>(null);

  readonly #ask: Commands['entries'];
  #of: { account?: string } = {};
  #turn = 0;

  constructor(ask: Commands['entries']) {
    this.#ask = ask;
  }

  /** Begins anew, with the entries of this account, or of all. */
  async begin(account: string): Promise<void> {
    const turn = (this.#turn += 1);
    this.#of = account ? { account } : {};
    this.entries = [];
    this.loaded = this.ended = this.busy = false;
    this.problem = null;
    try {
      this.#take(await this.#ask({ ...this.#of, limit: PAGE }), turn);
    } catch (thrown) {
      if (turn === this.#turn) this.problem = asProblem(thrown);
    }
  }

  /** The next older page; answers with what went wrong. */
  async older(): Promise<Problem | null> {
    const turn = this.#turn;
    const last = this.entries.at(-1);
    if (this.busy || !last) return null;
    this.busy = true;
    try {
      this.#take(await this.#ask({ ...this.#of, before_seq: last.seq, limit: PAGE }), turn);
      return null;
    } catch (thrown) {
      return turn === this.#turn ? asProblem(thrown) : null;
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  #take(list: Entry[], turn: number): void {
    if (turn !== this.#turn) return;
    this.entries = [...this.entries, ...list];
    this.ended = list.length < PAGE;
    this.loaded = true;
  }
}
