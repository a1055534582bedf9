// Questions of apps and programs: collapsed, matched to accounts, and ended by nobody's answer.
import { describe, expect, test } from 'vitest';
import { asked, changedSince, choices, endsAt, reconnectAsked, wantedScopes } from '../../src/model/questions';
import { account, app, at, MINUTE, NOW, question } from './given';

const WORK = account({ id: 'w', label: 'Work' });
const HOME = account({ id: 'h', label: 'Home' });
const CODE = account({ id: 'c', provider: 'github', provider_name: 'GitHub', label: 'Code' });
const wants = (provider: string | null, id: string | null, scopes: string[] | null = null): { provider: string | null; account: string | null; scopes: string[] | null } => ({ provider, account: id, scopes });

describe('questions', () => {
  test('of one asker are one, of another program of the same name are not', () => {
    const list = [question({ id: '1' }), question({ id: '2' }), question({ id: '3', program: '/tmp/other' })];
    expect(asked(list).map((group) => group.all.map((one) => one.id))).toEqual([['1', '2'], ['3']]);
  });

  test('for a reconnect are no dialog', () => {
    const again = question({ id: 'r', kind: 'reconnect', account: 'w' });
    expect(asked([again])).toEqual([]);
    expect(reconnectAsked([again], 'w')).toBe(again);
  });

  test('choose from the start only what fits alone', () => {
    const all = [question({ id: '1', wants: [wants('google', null), wants('github', null)] })];
    const found = choices(all, [WORK, HOME, CODE]);
    expect(found.map((one) => [one.account.id, one.chosen])).toEqual([['w', false], ['h', false], ['c', true]]);
  });

  test('about a named account find it by id, label or user name', () => {
    expect(choices([question({ id: '1', wants: [wants(null, 'Home')] })], [WORK, HOME]).map((one) => one.account.id)).toEqual(['h']);
    expect(choices([question({ id: '1', kind: 'program', account: 'w' })], [WORK, HOME])).toEqual([{ account: WORK, chosen: true }]);
  });

  test('that want everything of one account want everything', () => {
    expect(wantedScopes([question({ id: '1', wants: [wants('google', null, ['a']), wants('google', null, ['b', 'a'])] })])).toEqual(['a', 'b']);
    expect(wantedScopes([question({ id: '1', wants: [wants('google', null, ['a']), wants('github', null)] })])).toBeNull();
  });

  test('are a no after a minute, or when they end by themselves, or when more time was asked for then', () => {
    const one = question({ id: '1', expires_at: at(15 * MINUTE) });
    expect(endsAt(one, NOW, false)).toBe(NOW + MINUTE);
    expect(endsAt(one, NOW, true)).toBe(NOW + 15 * MINUTE);
    expect(endsAt(question({ id: '2', expires_at: at(10_000) }), NOW, false)).toBe(NOW + 10_000);
  });

  test('of an app that is another program now say so', () => {
    const before = app({ id: 'a', name: 'Calendar Sync', program: '/opt/old' });
    expect(changedSince(question({ id: '1', program: '/opt/new' }), [before])).toBe(before);
    expect(changedSince(question({ id: '1', program: '/opt/old' }), [before])).toBeNull();
    expect(changedSince(question({ id: '1', name: 'Other', program: '/opt/new' }), [before])).toBeNull();
  });
});
