// Questions of apps and programs: each for itself, matched to accounts as the agent does, and ended in their own time.
import { describe, expect, test } from 'vitest';
import { asked, choices, endsAt, given, ranOut, reconnectAsked } from '../../src/model/questions';
import type { Want } from '../../src/types/Want';
import { account, at, MINUTE, NOW, question } from './given';

const WORK = account({ id: 'w', label: 'Work', username: 'ana@work.example' });
const HOME = account({ id: 'h', label: 'Home', username: 'ana@home.example' });
const CODE = account({ id: 'c', provider: 'github', provider_name: 'GitHub', username: 'ana@work.example' });
const ALL = [WORK, HOME, CODE];
const wants = (provider: string | null, name: string | null, scopes: string[] | null = null): Want => ({ provider, account: name, scopes, metrics: false });
const asks = (...all: Want[]): ReturnType<typeof question> => question({ id: '1', wants: all });

describe('questions', () => {
  test('of the same name are never taken for one', () => {
    const list = [question({ id: '1' }), question({ id: '2' }), question({ id: '3', kind: 'program', program: '/tmp/other' })];
    expect(asked(list).map((one) => one.id)).toEqual(['1', '2', '3']);
  });

  test('about an emergency key leave time to think, and are about one account', () => {
    const key = question({ id: 'k', kind: 'emergency', account: 'w', minutes: 30, expires_at: at(5 * MINUTE) });
    expect(asked([key])).toEqual([key]);
    expect(choices(key, ALL)).toEqual([{ account: WORK, chosen: true }]);
    expect([endsAt(key, NOW), endsAt(key, NOW, true)]).toEqual([NOW + MINUTE, NOW + 5 * MINUTE]);
  });

  test('for a reconnect are no dialog', () => {
    const again = question({ id: 'r', kind: 'reconnect', account: 'w' });
    expect(asked([again])).toEqual([]);
    expect(reconnectAsked([again], 'w')).toBe(again);
  });

  test('choose from the start only what fits alone', () => {
    const found = choices(asks(wants('google', null), wants('github', null)), ALL);
    expect(found.map((one) => [one.account.id, one.chosen])).toEqual([['w', false], ['h', false], ['c', true]]);
  });

  test.each([
    ['w', 'w'],
    ['Home', 'h'],
    ['ana@home.example', 'h'],
    ['ana@work.example', 'w c'],
    ['google', 'w h'],
    ['github', 'c'],
    ['github:ana@work.example', 'c'],
    ['google:ana@work.example', 'w'],
    ['github:ana@home.example', ''],
    ['Google', ''],
    ['', ''],
  ])('about %s are about what the agent understands by it', (name, fitting) => {
    expect(choices(asks(wants(null, name)), ALL).map((one) => one.account.id).join(' ')).toBe(fitting);
  });

  test('about an account and a provider go by the account, as the agent does', () => {
    expect(choices(asks(wants('google', 'c')), ALL).map((one) => one.account.id)).toEqual(['c']);
  });

  test('of a program are about the account that it wants', () => {
    expect(choices(question({ id: '1', kind: 'program', account: 'w' }), ALL)).toEqual([{ account: WORK, chosen: true }]);
  });

  test('give each account what the wishes that it fits ask for, and no more', () => {
    const both = asks(wants(null, 'google:ana@work.example', ['a']), wants('github', null, ['b']), wants('google', null, ['c', 'a']));
    expect(given(both, [WORK])).toEqual([{ accounts: [WORK], scopes: ['a', 'c'] }]);
    expect(given(both, [HOME, CODE])).toEqual([{ accounts: [HOME], scopes: ['c', 'a'] }, { accounts: [CODE], scopes: ['b'] }]);
  });

  test('that want everything of an account say so', () => {
    expect(given(asks(wants('google', null, ['a']), wants(null, 'Work')), [WORK, HOME])).toEqual([{ accounts: [WORK], scopes: null }, { accounts: [HOME], scopes: ['a'] }]);
    expect(given(asks(wants('google', null, [])), [WORK, HOME])).toEqual([{ accounts: [WORK, HOME], scopes: null }]);
    expect(given(question({ id: '1', kind: 'program', account: 'w' }), [WORK])).toEqual([{ accounts: [WORK], scopes: null }]);
  });

  test('are a no after a minute, those of apps after their own life where more time was taken', () => {
    const long = at(15 * MINUTE);
    expect(endsAt(question({ id: '1', expires_at: long }), NOW)).toBe(NOW + MINUTE);
    expect(endsAt(question({ id: '1', expires_at: long }), NOW, true)).toBe(NOW + 15 * MINUTE);
    expect(endsAt(question({ id: '1', expires_at: 'not a time' }), NOW, true)).toBe(NOW + 15 * MINUTE);
    expect(endsAt(question({ id: '1', kind: 'program', expires_at: long }), NOW, true)).toBe(NOW + MINUTE);
    expect(endsAt(question({ id: '1', kind: 'program', expires_at: long }), NOW)).toBe(NOW + MINUTE);
    expect(endsAt(question({ id: '1', kind: 'program', expires_at: at(10_000) }), NOW)).toBe(NOW + 10_000);
    expect(endsAt(question({ id: '1', kind: 'program', expires_at: '' }), NOW)).toBe(NOW + MINUTE);
  });

  test('have run out at their end', () => {
    const one = question({ id: '1', expires_at: at(10_000) });
    expect([ranOut(one, NOW + 9_999), ranOut(one, NOW + 10_000)]).toEqual([false, true]);
  });
});
