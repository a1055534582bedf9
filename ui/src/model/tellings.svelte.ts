// What the window says in passing: a short note with a way back, and words for screen readers only.
import type { Clock } from '../host/host';

/** A note at the edge of the window. */
export interface Note {
  id: number;
  text: string;
  tone: 'plain' | 'need';
  undo: (() => void) | null;
}

/** How long a note stays; one with a way back stays longer, and neither goes while it is pointed at. */
const STAYS_MS = 8_000;
const STAYS_WITH_UNDO_MS = 20_000;

/** How long words stay for screen readers; the same words can be said again after that. */
const SPOKEN_MS = 3_000;

export class Tellings {
  notes = $state.raw<Note[]>([]);
  /** Read out when there is a pause. */
  spoken = $state('');
  /** Read out at once. */
  alarm = $state('');

  readonly #clock: Clock;
  #count = 0;
  #held: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  say(text: string): void {
    this.spoken = text;
    this.#clock.after(SPOKEN_MS, () => {
      if (this.spoken === text) this.spoken = '';
    });
  }

  alert(text: string): void {
    this.alarm = text;
    this.#clock.after(SPOKEN_MS, () => {
      if (this.alarm === text) this.alarm = '';
    });
  }

  note(text: string, undo: (() => void) | null = null): void {
    this.#put({ text, tone: 'plain', undo });
    this.say(text);
  }

  trouble(text: string): void {
    this.#put({ text, tone: 'need', undo: null });
    this.alert(text);
  }

  /** A note that is pointed at, or has the focus, stays. */
  hold(id: number | null): void {
    this.#held = id;
  }

  dismiss(id: number): void {
    this.notes = this.notes.filter((note) => note.id !== id);
  }

  /** Takes back what a note tells of: the given one, else the newest that is still shown; false where there is none. */
  undo(id?: number): boolean {
    const note = this.notes.findLast((one) => one.undo !== null && (id === undefined || one.id === id));
    if (!note?.undo) return false;
    this.dismiss(note.id);
    note.undo();
    return true;
  }

  #put(note: Omit<Note, 'id'>): void {
    const id = (this.#count += 1);
    this.notes = [...this.notes.slice(-2), { ...note, id }];
    this.#leave(id, note.undo ? STAYS_WITH_UNDO_MS : STAYS_MS);
  }

  #leave(id: number, ms: number): void {
    this.#clock.after(ms, () => (this.#held === id ? this.#leave(id, ms) : this.dismiss(id)));
  }
}
