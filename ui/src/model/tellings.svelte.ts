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

export class Tellings {
  notes = $state.raw<Note[]>([]);
  /** Read out when there is a pause. */
  spoken = $state('');
  /** Read out at once. */
  alarm = $state('');

  readonly #clock: Clock;
  #count = 0;
  #undone: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  say(text: string): void {
    this.spoken = text;
  }

  alert(text: string): void {
    this.alarm = text;
  }

  note(text: string, undo: (() => void) | null = null): void {
    this.#put({ text, tone: 'plain', undo });
    if (undo) this.#undone.push(undo);
    this.spoken = text;
  }

  trouble(text: string): void {
    this.#put({ text, tone: 'need', undo: null });
    this.alarm = text;
  }

  dismiss(id: number): void {
    this.notes = this.notes.filter((note) => note.id !== id);
  }

  /** Takes back the last thing that can be taken back; false where there is none. */
  undo(): boolean {
    const last = this.#undone.pop();
    if (!last) return false;
    this.notes = this.notes.filter((note) => note.undo !== last);
    last();
    return true;
  }

  #put(note: Omit<Note, 'id'>): void {
    const id = (this.#count += 1);
    this.notes = [...this.notes.slice(-2), { ...note, id }];
    this.#clock.after(note.undo ? STAYS_WITH_UNDO_MS : STAYS_MS, () => this.dismiss(id));
  }
}
