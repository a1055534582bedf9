// What is counted, turned into what is shown: shares, lengths of time, and columns on a field of fixed height.
import type { Alert } from '../types/Alert';
import type { Point } from '../types/Point';

/** The ranges that there are, with their words. */
export const RANGES = [
  { value: '24h', word: 'range-24h' },
  { value: '7d', word: 'range-7d' },
  { value: '30d', word: 'range-30d' },
] as const;

/** The sentence of an alert, by its name. */
export function alertWord(alert: Alert): string {
  const words: Record<string, string> = {
    refresh_failures: 'alert-refresh-failures',
    breaker_open: 'alert-breaker-open',
    fallback_used: 'alert-fallback-used',
    expired_in_use: alert.about ? 'alert-expired-in-use' : 'alert-expired-in-use-by-somebody',
  };
  return Object.hasOwn(words, alert.name) ? words[alert.name]! : 'alert-other';
}

/** A share in per cent: whole, but never 100 where something failed, and never 0 where something went well. */
export function percent(share: number): number {
  const whole = Math.round(share * 100);
  if (whole === 100 && share < 1) return Math.floor(share * 1000) / 10;
  return whole === 0 && share > 0 ? Math.ceil(share * 1000) / 10 : whole;
}

/** A length of time in the unit that reads best, with at most one place behind the point. */
export function length(seconds: number): { word: 'length-ms' | 'length-s' | 'length-m' | 'length-h' | 'length-d'; value: number } {
  const round = (value: number): number => (value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
  if (seconds < 0.9995) return { word: 'length-ms', value: Math.round(seconds * 1000) };
  if (seconds < 120) return { word: 'length-s', value: round(seconds) };
  if (seconds < 7200) return { word: 'length-m', value: round(seconds / 60) };
  if (seconds < 172_800) return { word: 'length-h', value: round(seconds / 3600) };
  return { word: 'length-d', value: round(seconds / 86_400) };
}

/** One part of every column: what it counts, and in which tone it is drawn. */
export interface Part {
  word: string;
  tone: 'well' | 'need' | 'soon' | 'wait';
  of: (point: Point) => number;
}

export const RENEWED: Part[] = [
  { word: 'plot-ok', tone: 'well', of: (point) => point.renewals.ok },
  { word: 'plot-failed', tone: 'need', of: (point) => point.renewals.failed },
];

export const SERVED: Part[] = [
  { word: 'plot-oauth', tone: 'wait', of: (point) => point.oauth },
  { word: 'plot-fallback', tone: 'soon', of: (point) => point.fallback },
  { word: 'plot-emergency', tone: 'need', of: (point) => point.emergency },
];

/** A piece of a column, in units of a field that is as many units wide as there are points, and 100 high. */
export interface Piece {
  x: number;
  y: number;
  height: number;
  tone: Part['tone'];
}

/** The height of the field. */
export const FIELD = 100;

/** The columns, each built up from its parts; what is there at all is at least two units high. */
export function columns(points: readonly Point[], parts: readonly Part[]): Piece[] {
  const tallest = Math.max(1, ...points.map((point) => parts.reduce((sum, part) => sum + part.of(point), 0)));
  return points.flatMap((point, x) => {
    let top = FIELD;
    return parts.filter((part) => part.of(point) > 0).map((part) => {
      const height = Math.min(top, Math.max(2, (part.of(point) / tallest) * FIELD));
      top -= height;
      return { x, y: top, height, tone: part.tone };
    });
  });
}

/** How much of each part there is in all. */
export function totals(points: readonly Point[], parts: readonly Part[]): { word: string; tone: Part['tone']; count: number }[] {
  return parts.map((part) => ({ word: part.word, tone: part.tone, count: points.reduce((sum, point) => sum + part.of(point), 0) }));
}
