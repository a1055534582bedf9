// What is counted, as it is shown: shares that never flatter, lengths that read well, and columns that fit their field.
import { describe, expect, test } from 'vitest';
import { FIELD, RENEWED, SERVED, alertWord, columns, length, percent, totals } from '../../src/model/figures';
import type { Alert } from '../../src/types/Alert';
import type { Point } from '../../src/types/Point';

const point = (ok: number, failed: number, oauth = 0, fallback = 0): Point => ({
  at: '2026-11-20T12:00:00Z',
  renewals: { ok, failed, success: null, p99_s: null, lifetime_s: null },
  oauth, fallback, emergency: 0, joined: 0, conflicts: 0, expired_in_use: 0,
});
const alert = (name: string, about: string | null = null): Alert => ({ name, severity: 'warning', about, value: 1, threshold: 0, since: '' });

describe('f50 a share', () => {
  test.each([[1, 100], [0.9999, 99.9], [0.995, 99.5], [0.5, 50], [0.004, 0.4], [0.0001, 0.1], [0, 0]])('%f is %f per cent', (share, shown) => {
    expect(percent(share)).toBe(shown);
  });
});

describe('f51 a length of time', () => {
  test.each([[0.003, 'length-ms', 3], [0.42, 'length-ms', 420], [1.26, 'length-s', 1.3], [59, 'length-s', 59], [300, 'length-m', 5], [3600, 'length-m', 60], [28_800, 'length-h', 8], [604_800, 'length-d', 7]])(
    '%f seconds are said as %s %f', (seconds, word, value) => expect(length(seconds)).toEqual({ word, value }),
  );
});

describe('f53 columns', () => {
  test('are built up from the ground, the tallest as high as the field', () => {
    expect(columns([point(3, 1), point(0, 0), point(2, 0)], RENEWED)).toEqual([
      { x: 0, y: 25, height: 75, tone: 'well' },
      { x: 0, y: 0, height: 25, tone: 'need' },
      { x: 2, y: 50, height: 50, tone: 'well' },
    ]);
  });

  test('show what is there at all, however little it is, and never leave the field', () => {
    const pieces = columns([point(0, 0, 100_000, 1)], SERVED);
    expect(pieces).toHaveLength(2);
    expect(pieces.every((piece) => piece.y >= 0 && piece.y + piece.height <= FIELD)).toBe(true);
  });

  test('of nothing are nothing', () => expect(columns([point(0, 0)], RENEWED)).toEqual([]));

  test('come with how much there is of each part', () => {
    expect(totals([point(3, 1), point(2, 0)], RENEWED).map((each) => each.count)).toEqual([5, 1]);
  });
});

test('f46 each alert has its own sentence, and a word of tomorrow has one too', () => {
  const words = ['refresh_failures', 'breaker_open', 'fallback_used', 'expired_in_use', 'constructor'].map((name) => alertWord(alert(name, 'x')));
  expect(words).toEqual(['alert-refresh-failures', 'alert-breaker-open', 'alert-fallback-used', 'alert-expired-in-use', 'alert-other']);
  expect(alertWord(alert('expired_in_use'))).toBe('alert-expired-in-use-by-somebody');
});
