// Figures to show: made by rule from the accounts, so that every range has ups and downs, and a night without anything.
import type { Account } from '../../types/Account';
import type { Alert } from '../../types/Alert';
import type { History } from '../../types/History';
import type { Point } from '../../types/Point';
import type { Renewals } from '../../types/Renewals';
import { HOUR, at } from './made';

const RANGES: Record<string, { points: number; step: number }> = {
  '24h': { points: 24, step: HOUR },
  '7d': { points: 28, step: 6 * HOUR },
  '30d': { points: 30, step: 24 * HOUR },
};

export const ALERTS: Alert[] = [
  { name: 'breaker_open', severity: 'critical', about: 'api.dropboxapi.com', value: 5, threshold: 5, since: at(-0.2 * HOUR) },
  { name: 'refresh_failures', severity: 'warning', about: null, value: 0.4, threshold: 0.1, since: at(-0.05 * HOUR) },
  { name: 'expired_in_use', severity: 'warning', about: '/opt/backup/nightly', value: 0.2, threshold: 0.05, since: at(-0.5 * HOUR) },
];

const ENDLESS = '/opt/' + 'a-very-long-name-of-a-program-'.repeat(9);
export const HOSTILE_ALERTS: Alert[] = [
  { name: 'expired_in_use', severity: 'warning', about: ENDLESS, value: 1, threshold: 0.05, since: at(-HOUR) },
  { name: 'a_word_of_tomorrow', severity: 'warning', about: '<b>bold</b>', value: 1, threshold: 0, since: at(-HOUR) },
];

function renewals(ok: number, failed: number): Renewals {
  const all = ok + failed;
  if (all === 0) return { ok, failed, success: null, p99_s: null, lifetime_s: null };
  return { ok, failed, success: ok / all, p99_s: 0.42 + failed * 0.3, lifetime_s: ok > 0 ? 3600 : null };
}

function point(n: number, step: number, accounts: number): Point {
  const quiet = n % 8 < 2 || accounts === 0;
  const ok = quiet ? 0 : accounts * (1 + (n % 3));
  const read = quiet ? 0 : 20 + ((n * 37) % 60);
  return {
    at: at(-n * step),
    renewals: renewals(ok, !quiet && n % 9 === 3 ? 2 : 0),
    oauth: read, fallback: n === 5 && !quiet ? 3 : 0, emergency: 0,
    joined: quiet ? 0 : n % 5, conflicts: 0, expired_in_use: n === 4 && !quiet ? 1 : 0,
  };
}

function sum(points: readonly Point[], of: (point: Point) => number): number {
  return points.reduce((all, one) => all + of(one), 0);
}

/** The figures of a range. */
export function history(range: string, accounts: readonly Account[], alerts: readonly Alert[]): History {
  const { points: count, step } = RANGES[range] ?? RANGES['24h']!;
  const points = Array.from({ length: count }, (_, i) => point(count - 1 - i, step, accounts.length));
  const providers = [...new Map(accounts.map((one) => [one.provider, one.provider_name]))];
  const total: Point = {
    at: points[0]!.at,
    renewals: renewals(sum(points, (one) => one.renewals.ok), sum(points, (one) => one.renewals.failed)),
    oauth: sum(points, (one) => one.oauth), fallback: sum(points, (one) => one.fallback), emergency: 0,
    joined: sum(points, (one) => one.joined), conflicts: 0, expired_in_use: sum(points, (one) => one.expired_in_use),
  };
  const open = alerts.find((alert) => alert.name === 'breaker_open')?.about;
  return {
    range,
    step_s: step / 1000,
    alerts: [...alerts],
    breakers: providers.map(([id], i) => {
      const isOpen = i === 0 && open !== undefined;
      return { host: isOpen ? (open ?? '') : `${id}.example`, state: isOpen ? 'open' : 'closed', since: isOpen ? at(-0.2 * HOUR) : null, next_try_at: isOpen ? at(HOUR / 120) : null };
    }),
    total,
    providers: providers.map(([provider, name], i) => ({ provider, name, renewals: renewals(40 - i, i % 3) })),
    points,
  };
}
