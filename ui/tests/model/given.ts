// Accounts, providers and questions for tests; a test names only what it is about.
import { account, app, at, check, entry, provider, question } from '../../src/host/pretend/made';
import { START } from '../../src/host/pretend/clock';

export { account, app, at, check, entry, provider, question };
export const NOW = START;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Fluent sets names apart with characters that are not seen; tests compare without them. */
export function bare(text: string | null): string {
  return (text ?? '').replace(/[\u2066-\u2069]/g, '');
}
