// Something a screen has to ask for: being asked for, here, or not to be had.
import type { Problem } from '../types/Problem';
import { asProblem } from './failures';

export class Load<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);

  readonly #ask: () => Promise<T>;
  #turn = 0;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** Asks, or asks anew; what was here stays until the answer comes. */
  async run(): Promise<void> {
    const turn = (this.#turn += 1);
    this.busy = true;
    this.problem = null;
    try {
      const value = await this.#ask();
      if (turn === this.#turn) this.value = value;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = asProblem(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }
}
