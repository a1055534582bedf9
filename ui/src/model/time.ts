// Times as people say them. All instants come in as RFC 3339 text; `now` is milliseconds, from the host's clock.
import { say } from '../text/words';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The language of dates and numbers; the region is the person's own where it fits the catalogue. */
let language = 'en';

/** Takes the person's own English, if it is one. */
export function speak(preferred: string | undefined): void {
  language = preferred?.startsWith('en') ? preferred : 'en';
  made.clear();
}

const made = new Map<string, Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function kept<T extends Intl.DateTimeFormat | Intl.RelativeTimeFormat>(name: string, make: () => T): T {
  const found = made.get(name) ?? make();
  made.set(name, found);
  return found as T;
}

/** Milliseconds of an instant; `null` where there is none or it makes no sense. */
export function instant(at: string | null | undefined): number | null {
  const ms = at ? Date.parse(at) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** `14:05`, or `2:05 pm` where the region says so. */
export function clockTime(ms: number): string {
  return kept('time', () => new Intl.DateTimeFormat(language, { timeStyle: 'short' })).format(ms);
}

/** `20 November`, with the year where it is another one. */
export function day(ms: number, now: number): string {
  const same = new Date(ms).getFullYear() === new Date(now).getFullYear();
  const parts: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'long' };
  if (!same) parts.year = 'numeric';
  return kept(`day${same}`, () => new Intl.DateTimeFormat(language, parts)).format(ms);
}

/** The time on the same day, else the day and the time. */
export function moment(ms: number, now: number): string {
  if (new Date(ms).toDateString() === new Date(now).toDateString()) return clockTime(ms);
  return `${day(ms, now)}, ${clockTime(ms)}`;
}

/** `in 5 minutes`, `2 hours ago`, `yesterday`; whole units, from a minute upward. */
export function relative(ms: number, now: number): string {
  const words = kept('relative', () => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }));
  const away = ms - now;
  const far = Math.abs(away);
  if (far < MINUTE) return words.format(0, 'second');
  if (far < HOUR) return words.format(Math.trunc(away / MINUTE), 'minute');
  if (far < DAY) return words.format(Math.trunc(away / HOUR), 'hour');
  if (far < 60 * DAY) return words.format(Math.trunc(away / DAY), 'day');
  return words.format(Math.trunc(away / (30 * DAY)), 'month');
}

/** An end: `in 3 days`, and `expired` once it has passed; never a negative number. */
export function until(ms: number, now: number): string {
  return ms <= now ? say('time-expired') : relative(ms, now);
}

/** What is left, as `9:05`; never below `0:00`. */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A countdown is spoken at five minutes and at one, and at no other time. */
export function spokenMinutes(leftBefore: number, leftNow: number): number | null {
  const passed = [5, 1].find((minutes) => leftBefore > minutes * MINUTE && leftNow <= minutes * MINUTE);
  return passed !== undefined && leftNow > 0 ? passed : null;
}

/** Whole days between two instants, at least one. */
export function daysUntil(ms: number, now: number): number {
  return Math.max(1, Math.ceil((ms - now) / DAY));
}
