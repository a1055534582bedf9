// The list's order, and the word and verb of each status.
import { describe, expect, test } from 'vitest';
import { inOrder } from '../../src/model/filter';
import { IN_ORDER, look, mendsByReconnect, needsYou, verb, verbWord } from '../../src/model/status';
import { canSay } from '../../src/text/words';
import type { Account } from '../../src/types/Account';
import type { Status } from '../../src/types/Status';
import { account } from './given';

const of = (status: Status, given: Partial<Account> = {}): Account => account({ id: `acc_${status}`, status, ...given });

describe('a status', () => {
  test('has an icon, a word and a tone, each of the nine', () => {
    expect(IN_ORDER).toHaveLength(9);
    for (const status of IN_ORDER) {
      expect(look(status).icon).not.toBe('');
      expect(canSay(look(status).word)).toBe(true);
    }
  });

  test('that only the person can mend comes before the others', () => {
    const shuffled = [...IN_ORDER].reverse().map((status) => of(status));
    const order = inOrder(shuffled).map((one) => one.status);
    expect(order).toEqual(IN_ORDER);
    expect(order.findIndex((status) => !needsYou(of(status)))).toBe(3);
  });

  test('of a locked vault is not counted as needing the person account by account', () => {
    expect(needsYou(of('locked'))).toBe(false);
  });
});

describe('the one verb of an account', () => {
  const rows: [Status, Partial<Account>, string | null, string][] = [
    ['needs_reconnect', {}, 'reconnect', 'verb-reconnect'],
    ['expiring', {}, 'reconnect', 'verb-sign-in-now'],
    ['insufficient_permissions', {}, 'reconnect', 'verb-ask-again'],
    ['misconfigured', { reason: 'invalid_client' }, 'client', 'verb-edit-client'],
    ['misconfigured', { reason: 'invalid_endpoint' }, 'doctor', 'verb-find-out'],
    ['unavailable', { reason: 'rate_limited' }, 'refresh', 'verb-try-now'],
    ['degraded', { reason: 'clock_skew' }, 'doctor', 'verb-find-out'],
    ['paused', {}, 'resume', 'verb-resume'],
    ['locked', {}, 'unlock', 'verb-unlock'],
    ['healthy', {}, 'refresh', 'verb-check'],
    ['healthy', { refreshable: false }, null, 'verb-reconnect'],
  ];

  test.each(rows)('of %s with %o is %s', (status, given, wanted, word) => {
    expect(verb(of(status, given))).toBe(wanted);
    expect(verbWord(of(status, given))).toBe(word);
    expect(canSay(word)).toBe(true);
  });

  test('is part of the row of reconnects only where signing in again mends it', () => {
    expect(mendsByReconnect(of('needs_reconnect'))).toBe(true);
    expect(mendsByReconnect(of('expiring'))).toBe(false);
    expect(mendsByReconnect(of('misconfigured'))).toBe(false);
  });
});
