// Times as people say them.
import { describe, expect, test } from 'vitest';
import { countdown, daysUntil, instant, relative, spokenMinutes, until } from '../../src/model/time';
import { DAY, HOUR, MINUTE, NOW } from './given';

describe('a countdown', () => {
  test.each([
    [600_000, '10:00'],
    [599_001, '10:00'],
    [65_000, '1:05'],
    [999, '0:01'],
    [0, '0:00'],
    [-5000, '0:00'],
  ])('with %i ms left shows %s', (left, text) => expect(countdown(left)).toBe(text));

  test('is spoken at five minutes and at one, and at no other time', () => {
    const spoken = [];
    for (let left = 10 * MINUTE; left > -5000; left -= 1000) {
      const minutes = spokenMinutes(left + 1000, left);
      if (minutes !== null) spoken.push([minutes, left]);
    }
    expect(spoken).toEqual([[5, 5 * MINUTE], [1, MINUTE]]);
  });
});

describe('a time', () => {
  test.each([
    [5_000, 'now'],
    [5 * MINUTE + 3_000, 'in 5 minutes'],
    [-2 * HOUR, '2 hours ago'],
    [-DAY, 'yesterday'],
    [90 * DAY, 'in 3 months'],
  ])('%i ms away is %s', (away, words) => expect(relative(NOW + away, NOW)).toBe(words));

  test.each([
    [3 * DAY, 'in 3 days'],
    [5 * HOUR, 'in 5 hours'],
    [0, 'expired'],
    [-DAY, 'expired'],
  ])('r37 at which something ends, %i ms away, is %s', (away, words) => expect(until(NOW + away, NOW)).toBe(words));

  test('that makes no sense is none', () => {
    expect(instant('not a time')).toBeNull();
    expect(instant('')).toBeNull();
    expect(instant(null)).toBeNull();
  });

  test('in less than a day counts as one day', () => {
    expect(daysUntil(NOW + HOUR, NOW)).toBe(1);
    expect(daysUntil(NOW + 6.2 * DAY, NOW)).toBe(7);
  });
});
