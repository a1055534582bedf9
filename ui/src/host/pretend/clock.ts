// Time for the stand-in: it starts at one fixed moment, and runs, or is moved on by hand so that pictures and tests are
// always the same.
import type { Clock } from '../host';

/** Noon of one day in November. */
export const START = Date.parse('2026-11-20T12:00:00Z');

interface Alarm {
  at: number;
  then: () => void;
}

export class HandClock implements Clock {
  #now = START;
  #alarms: Alarm[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, then: () => void): () => void {
    const alarm = { at: this.#now + ms, then };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Moves on; what comes due on the way is called in its order, at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      this.#alarms = this.#alarms.filter((other) => other !== next);
      next.then();
    }
    this.#now = end;
  }

  #next(end: number): Alarm | undefined {
    return this.#alarms.filter((alarm) => alarm.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** The fixed moment, and real seconds from there. */
export class RunningClock implements Clock {
  readonly #began = performance.now();

  now(): number {
    return START + (performance.now() - this.#began);
  }

  after(ms: number, then: () => void): () => void {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  }
}
