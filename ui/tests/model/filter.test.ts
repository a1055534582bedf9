// Finding accounts in the list, and that it stays quick with a thousand of them.
import { describe, expect, test } from 'vitest';
import { ALL, filtered, fold, grouped, inOrder, narrows, placed, providersOf, statusesOf } from '../../src/model/filter';
import { sceneOf } from '../../src/host/pretend/scenes';
import { account } from './given';

const ACCOUNTS = [
  account({ id: 'a', label: 'Work', username: 'ana@northwind.example', used_by: ['mbsync'] }),
  account({ id: 'b', label: 'José', username: 'jose@example.com', provider: 'github', provider_name: 'GitHub' }),
  account({ id: 'c', label: 'mailbox 10', status: 'needs_reconnect' }),
  account({ id: 'd', label: 'mailbox 9', status: 'needs_reconnect' }),
];
const found = (text: string, given = {}): string[] => filtered(ACCOUNTS, { ...ALL, text, ...given }).map((one) => one.id);

describe('the filter', () => {
  test('finds by label, by person, by provider and by app', () => {
    expect(found('work')).toEqual(['a']);
    expect(found('northwind')).toEqual(['a']);
    expect(found('github')).toEqual(['b']);
    expect(found('mbsync')).toEqual(['a']);
  });

  test('wants every word, wherever it stands, and no accents', () => {
    expect(found('ana work')).toEqual(['a']);
    expect(found('jose')).toEqual(['b']);
    expect(found('ana github')).toEqual([]);
    expect(fold('Ångström')).toBe('angstrom');
  });

  test('narrows by status and by provider', () => {
    expect(found('', { status: 'needs_reconnect' })).toEqual(['c', 'd']);
    expect(found('', { provider: 'github' })).toEqual(['b']);
    expect(narrows(ALL)).toBe(false);
    expect(narrows({ ...ALL, provider: 'github' })).toBe(true);
  });

  test('never changes the order, in which numbers count as numbers', () => {
    expect(inOrder(ACCOUNTS).map((one) => one.id)).toEqual(['d', 'c', 'b', 'a']);
    expect(grouped(inOrder(ACCOUNTS)).need.map((one) => one.id)).toEqual(['d', 'c']);
  });

  test('offers only what occurs', () => {
    expect(providersOf(ACCOUNTS).map((one) => one.id)).toEqual(['github', 'google']);
    expect(statusesOf(ACCOUNTS)).toEqual(['needs_reconnect', 'healthy']);
  });

  test('takes at most 16 ms a keystroke over a thousand accounts', () => {
    const accounts = inOrder(sceneOf('crowd').snapshot.accounts).slice(0, 1000);
    const strokes = ['p', 'pe', 'per', 'pers', 'person1', 'person1 work'];
    filtered(accounts, { ...ALL, text: 'x' });
    const took = strokes.map((text) => {
      const began = performance.now();
      filtered(accounts, { ...ALL, text });
      return performance.now() - began;
    });
    expect(Math.min(...took)).toBeLessThan(16);
    expect(took.sort((a, b) => a - b)[3]).toBeLessThan(16);
  });
});

test('an account that changed is put where it belongs without sorting the others again', () => {
  const list = inOrder(sceneOf('many').snapshot.accounts);
  const one = { ...list[150]!, status: 'needs_reconnect' as const };
  expect(placed(list, one)).toEqual(inOrder([...list.filter((other) => other.id !== one.id), one]));
  expect(placed([], one)).toEqual([one]);
});
