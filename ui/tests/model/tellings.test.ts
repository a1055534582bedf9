// Notes and their way back: each takes back its own change, for as long as it is shown.
import { beforeEach, describe, expect, test } from 'vitest';
import { HandClock } from '../../src/host/pretend/clock';
import { Tellings } from '../../src/model/tellings.svelte';

let clock: HandClock;
let tellings: Tellings;
let undone: string[];

beforeEach(() => {
  clock = new HandClock();
  tellings = new Tellings(clock);
  undone = [];
  tellings.note('first', () => undone.push('first'));
  tellings.note('second', () => undone.push('second'));
});

describe('undoing', () => {
  test('by a note takes back that note’s own change', () => {
    expect(tellings.undo(tellings.notes[0]!.id)).toBe(true);
    expect([undone, tellings.notes.map((one) => one.text)]).toEqual([['first'], ['second']]);
  });

  test('by a key takes back the newest that is still shown', () => {
    tellings.note('third');
    tellings.dismiss(tellings.notes[1]!.id);
    expect([tellings.undo(), tellings.undo(), undone]).toEqual([true, false, ['first']]);
  });

  test('ends with the notes', () => {
    clock.advance(20_000);
    expect([tellings.undo(), undone]).toEqual([false, []]);
  });
});
