// The doctor's report, the health figures, the trail's sentences and the settings' small languages.
import { describe, expect, test } from 'vitest';
import { byProvider, summary } from '../../src/model/health';
import { readPort, readQuiet, writeQuiet } from '../../src/model/quiet';
import { redacted, report, worstFirst } from '../../src/model/report';
import { fittingEntries, lineOf } from '../../src/model/timeline';
import { sceneOf } from '../../src/host/pretend/scenes';
import { account, bare, check, entry, NOW } from './given';

describe('the report', () => {
  test('names no person, no folder, no address beyond its host, and nothing that could be a secret', () => {
    const folder = ['', 'home', 'ana', '.config'].join('/');
    const text = report(
      [check('x', 'error', `ana.lima@northwind.example at https://id.example/auth?code=abc in ${folder} with bwl_0123abc`, 'Bearer eyJhbGciOi.x.y or 0123456789abcdef0123456789abcdef01')],
      '0.1.0',
    );
    for (const secret of ['ana', 'code=abc', 'bwl_', 'eyJ', '0123456789abcdef', '.config']) expect(text).not.toContain(secret);
    expect(text).toContain('https://id.example/…');
    expect(text).toContain('Bowline 0.1.0');
  });

  test('leaves plain sentences alone', () => expect(redacted('The clock is right to within a second.')).toBe('The clock is right to within a second.'));

  test('has the worst first', () => expect(worstFirst([check('a', 'ok', ''), check('b', 'skipped', ''), check('c', 'error', ''), check('d', 'odd', '')]).map((one) => one.id)).toEqual(['c', 'd', 'a', 'b']));
});

describe('the health', () => {
  const accounts = sceneOf('trouble').snapshot.accounts;

  test('counts what works, what needs the person, and what was renewed', () => {
    expect(summary(accounts, NOW)).toMatchObject({ accounts: 9, working: 3, needing: 4 });
    expect(summary([], NOW)).toEqual({ accounts: 0, working: 0, needing: 0, renewed: null, nextRenewal: null });
  });

  test('has one row a provider with its worst first', () => {
    const rows = byProvider(accounts);
    expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
    expect(rows[0]?.worst).toBe('needs_reconnect');
    expect(rows.find((row) => row.id === 'google')?.lastCode).toBe('invalid_grant');
  });
});

describe('an entry of the trail', () => {
  test('is a sentence, with why where it did not work', () => {
    const line = lineOf(entry({ seq: 1, event: 'refresh.failed', outcome: 'failed', code: 'rate_limited' }), 'Work');
    expect(bare(line.text)).toBe('Work could not be renewed');
    expect(line.why).toBe('Too many requests');
  });

  test('of an unknown kind is shown by its own name', () => expect(bare(lineOf(entry({ seq: 1, event: 'moon.rose' }), null).text)).toBe('moon.rose'));

  test('is found by words, by kind and by app', () => {
    const list = [entry({ seq: 2, event: 'token.read', actor_name: 'mbsync', app: 'a1', account: 'w' }), entry({ seq: 1, event: 'refresh.ok' })];
    const names = new Map([['w', 'Work']]);
    expect(fittingEntries(list, { text: 'mbsync work', kind: '', app: '' }, names)).toHaveLength(1);
    expect(fittingEntries(list, { text: '', kind: 'refresh', app: '' }, names)).toHaveLength(1);
    expect(fittingEntries(list, { text: '', kind: '', app: 'a1' }, names)).toHaveLength(1);
    expect(account({ id: 'w' }).name).toBe('w');
  });
});

describe('a setting', () => {
  test.each([['22:00-08:00', { from: '22:00', to: '08:00' }], ['', null], ['25:00-08:00', null], ['nonsense', null]])('of quiet hours %s is %o', (text, quiet) => expect(readQuiet(text)).toEqual(quiet));

  test('of quiet hours has to begin and end at different times', () => {
    expect(writeQuiet({ from: '22:00', to: '07:00' })).toBe('22:00-07:00');
    expect(writeQuiet({ from: '22:00', to: '22:00' })).toBeNull();
    expect(writeQuiet({ from: '', to: '07:00' })).toBeNull();
    expect(writeQuiet(null)).toBe('');
  });

  test.each([['', 0], ['0', 0], ['8080', 8080], ['80', null], ['65536', null], ['8e3', null], ['x', null]])('of a port %s is %s', (text, port) => expect(readPort(text)).toBe(port));
});
