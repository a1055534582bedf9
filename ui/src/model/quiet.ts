// Quiet hours, as `22:00-08:00` or nothing, and how long a sign-in may take, as the settings write them.

/** When the quiet hours begin and end. */
export interface Quiet {
  from: string;
  to: string;
}

const HOURS = /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/;

/** What to offer when they are switched on. */
export const USUAL_QUIET: Quiet = { from: '22:00', to: '07:00' };

/** The hours; `null` where there are none, or the text makes no sense. */
export function readQuiet(text: string): Quiet | null {
  if (!HOURS.test(text.trim())) return null;
  const [from = '', to = ''] = text.trim().split('-');
  return { from, to };
}

/** The text of the hours; `null` where one of them is none. */
export function writeQuiet(quiet: Quiet | null): string | null {
  if (quiet === null) return '';
  const text = `${quiet.from}-${quiet.to}`;
  return HOURS.test(text) && quiet.from !== quiet.to ? text : null;
}

/** A port, or 0 for any; `null` for what is none. */
export function readPort(text: string): number | null {
  if (text.trim() === '') return 0;
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : -1;
  return port === 0 || (port >= 1024 && port <= 65_535) ? port : null;
}

/** The waits that a sign-in may take, as the settings write them. */
export const TIMEOUTS = ['2m', '5m', '10m', '20m'];
