// The entries of the trail: what comes back for an older question is dropped.
import { describe, expect, test } from 'vitest';
import type { EntryWish } from '../../src/host/host';
import { Trail } from '../../src/model/trail.svelte';
import type { Entry } from '../../src/types/Entry';
import { entry } from './given';

interface Asked {
  wish: EntryWish;
  answer: (entries: Entry[]) => void;
  refuse: () => void;
}

const page = (account: string, from: number, count = 100): Entry[] => Array.from({ length: count }, (_, i) => entry({ seq: from - i, event: 'refresh.ok', account }));
const settled = (): Promise<void> => new Promise((then) => setTimeout(then));

function begin(): { trail: Trail; asked: Asked[]; of: () => (string | null)[] } {
  const asked: Asked[] = [];
  const trail = new Trail((wish) => new Promise((answer, refuse) => asked.push({ wish, answer, refuse: () => refuse({ code: 'internal' }) })));
  return { trail, asked, of: () => [...new Set(trail.entries.map((one) => one.account))] };
}

describe('the trail', () => {
  test('of an older filter never stands under a newer one', async () => {
    const { trail, asked, of } = begin();
    void trail.begin('a');
    void trail.begin('b');
    asked[1]!.answer(page('b', 50, 2));
    asked[0]!.answer(page('a', 90));
    await settled();
    expect([of(), trail.loaded, trail.ended]).toEqual([['b'], true, true]);
  });

  test('drops an older page that comes after the filter changed, and a refusal of it', async () => {
    const { trail, asked, of } = begin();
    void trail.begin('a');
    asked[0]!.answer(page('a', 900));
    await settled();
    const older = trail.older();
    void trail.begin('b');
    expect([trail.entries, trail.loaded, trail.busy]).toEqual([[], false, false]);
    asked[2]!.answer(page('b', 50, 2));
    asked[1]!.refuse();
    expect(await older).toBeNull();
    expect([of(), trail.problem]).toEqual([['b'], null]);
  });

  test('goes on below what is there, once at a time', async () => {
    const { trail, asked } = begin();
    void trail.begin('');
    asked[0]!.answer(page('a', 900));
    await settled();
    void trail.older();
    void trail.older();
    expect(asked.map((one) => one.wish)).toEqual([{ limit: 100 }, { limit: 100, before_seq: 801 }]);
    asked[1]!.answer(page('a', 800, 3));
    await settled();
    expect([trail.entries.length, trail.ended, trail.busy]).toEqual([103, true, false]);
  });
});
