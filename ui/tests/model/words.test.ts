// Sentences: every reason and every failure has one, short, without jargon, and no name can do anything in it.
import { describe, expect, test } from 'vitest';
import { cause, waiting } from '../../src/model/cause';
import { asProblem, failure, FAILURE_CODES } from '../../src/model/failures';
import { monogram, plain, tint } from '../../src/model/names';
import { say } from '../../src/text/words';
import { stretched } from '../../src/text/stretched';
import type { Account } from '../../src/types/Account';
import type { Status } from '../../src/types/Status';
import { account, at, bare, HOUR, NOW } from './given';

const REASONS = [
  'refresh_token_expired', 'refresh_token_missing', 'revoked', 'inactive_too_long', 'scope_changed', 'consent_required', 'token_corrupted',
  'reuse_suspected', 'interrupted_renewal', 'provider_unreachable', 'provider_error', 'rate_limited', 'breaker_open', 'clock_skew',
  'invalid_client', 'invalid_endpoint', 'tls', 'grant_expires', 'access_expires_no_refresh', 'admin_approval_needed', 'step_up_required',
  'keychain_locked', 'keychain_missing', 'key_changed',
];
const ATTEMPT_CODES = [
  'access_denied', 'state_mismatch', 'state_expired', 'missing_code', 'issuer_mismatch', 'invalid_grant', 'invalid_client', 'invalid_scope',
  'unauthorized_client', 'invalid_response', 'id_token_invalid', 'missing_scope', 'account_mismatch', 'provider_unreachable', 'provider_error',
  'tls', 'rate_limited', 'timed_out', 'cancelled', 'port_in_use', 'expired_token', 'too_many_attempts', 'storage_error',
];
const JARGON = /\b(oauth|token|scope|grant_|rfc|pkce|nonce|endpoint|http|4\d\d|5\d\d|error|invalid|failed)\b/i;

function trouble(reason: string | null, status: Status = 'needs_reconnect', given: Partial<Account> = {}): Account {
  return account({ id: 'a', label: 'Work', status, reason, message: 'AGENT SAYS', used_by: ['mbsync', 'git'], ...given });
}

const sentences = (text: string): number => (text.match(/[.?!](\s|$)/g) ?? []).length;

describe('a cause', () => {
  test.each(REASONS)('of %s says what happened in at most two sentences without jargon', (reason) => {
    const text = bare(cause(trouble(reason), NOW));
    expect(text).not.toContain('AGENT SAYS');
    expect(sentences(text)).toBeLessThanOrEqual(2);
    expect(text).not.toMatch(JARGON);
    expect(text).toMatch(/Work|Google|computer/);
  });

  test('that is not known is told in the agent’s words', () => expect(cause(trouble('no_such_word'), NOW)).toBe('AGENT SAYS'));

  test('that passes says until when it still works', () => {
    const text = bare(cause(trouble('provider_unreachable', 'degraded', { access_expires_at: at(HOUR), next_refresh_at: at(5 * 60_000) }), NOW));
    expect(text).toContain('the next try is in 5 minutes');
    expect(text).toContain('still works until');
  });

  test('r37 of an end that nobody stated is told as a guess', () => {
    const end = { grant_expires_at: at(3 * 24 * HOUR), forecast_ends_at: at(3 * 24 * HOUR) };
    expect(bare(cause(trouble('grant_expires', 'expiring', end), NOW))).not.toContain('probably');
    expect(bare(cause(trouble('grant_expires', 'expiring', { ...end, grant_expires_at: null }), NOW))).toContain('probably');
  });

  test('of a healthy account is none', () => expect(cause(account({ id: 'a' }), NOW)).toBeNull());

  test('names what waits for it', () => {
    expect(bare(waiting(trouble('revoked')))).toBe('2 apps are waiting.');
    expect(bare(waiting(trouble('revoked', 'needs_reconnect', { used_by: ['mbsync'] })))).toBe('mbsync is waiting.');
    expect(waiting(trouble('revoked', 'needs_reconnect', { used_by: [] }))).toBeNull();
  });
});

describe('a failed try', () => {
  test.each(ATTEMPT_CODES)('with %s has its own words and a move', (code) => {
    expect(FAILURE_CODES).toContain(code);
    const told = failure(asProblem({ code, detail: 'AGENT SAYS' }), 'Google');
    expect(told.text).not.toContain('AGENT SAYS');
    expect(sentences(bare(told.text))).toBeLessThanOrEqual(2);
    expect(bare(told.text)).not.toMatch(JARGON);
  });

  test('with an unknown code is told in the agent’s words', () => expect(failure(asProblem({ code: 'new_word', detail: 'AGENT SAYS' }), 'X').text).toBe('AGENT SAYS'));

  test('that is no problem at all becomes one', () => {
    expect(asProblem(new Error('x')).code).toBe('internal');
    expect(asProblem(undefined).detail).not.toBe('');
  });
});

describe('a name from outside', () => {
  test('is one short line without hidden characters', () => {
    expect(plain('a\u202eb\u0000\nc\u2066d')).toBe('ab cd');
    expect([...plain('x'.repeat(10_240))]).toHaveLength(80);
    expect(plain('👩‍👩‍👧‍👦')).toBe('👩‍👩‍👧‍👦');
  });

  test('that is empty is called so', () => expect(bare(say('notice-needs-you-title', { name: ' \u200b ' }))).toBe('no name needs you'));

  test('cannot speak Fluent', () => expect(bare(say('tray-reconnect', { name: '{ $name } { "x" }' }))).toBe('Reconnect { $name } { "x" }'));

  test('gets two letters and always the same tint', () => {
    expect(monogram('Client mail')).toBe('CM');
    expect(monogram('')).toBe('?');
    expect(monogram('<img src=x>')).toBe('IS');
    expect(tint('microsoft', 8)).toBe(tint('microsoft', 8));
  });
});

describe('the stretched language', () => {
  test('is about a third longer', () => {
    const text = 'Your sign-ins lie encrypted in one file here.';
    expect(stretched(text).length).toBeGreaterThanOrEqual(Math.floor(text.length * 1.3));
  });
});
