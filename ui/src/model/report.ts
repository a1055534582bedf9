// The doctor's findings as a text to hand on. It may end up in a public place, so that everything that could name a
// person, a folder or a secret is taken out, whoever wrote the sentence.
import type { Check } from '../types/Check';
import { found } from './table';

const PATTERNS: [RegExp, string][] = [
  [/\bbw[lpo]_[\w-]+/g, '[key]'],
  [/\bBearer\s+\S+/gi, '[key]'],
  [/\beyJ[\w-]+(?:\.[\w-]*)*/g, '[token]'],
  [/[^\s@<>"']+@[^\s@<>"']+\.[^\s@<>"',;]+/g, '[e-mail]'],
  [/(https?:\/\/[^\s/?#]+)[^\s]*/g, '$1/…'],
  [/(?:\/(?:home|Users|root)|[A-Z]:\\Users)[/\\][^\s,;:'"]*/g, '[folder]'],
  [/\b[\w-]{32,}\b/g, '[long]'],
];

/** A text without what it should not hand on. */
export function redacted(text: string): string {
  return PATTERNS.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}

/** All findings, one a line, with what to do below. */
export function report(checks: readonly Check[], version: string): string {
  const lines = checks.flatMap((check) => {
    const line = `[${check.level}] ${check.id}: ${redacted(check.message)}`;
    return check.fix ? [line, `    ${redacted(check.fix)}`] : [line];
  });
  return [`Bowline ${version}`, ...lines, ''].join('\n');
}

/** How many findings there are of each level. */
export function counted(checks: readonly Check[]): { error: number; warning: number } {
  const of = (level: string): number => checks.filter((check) => check.level === level).length;
  return { error: of('error'), warning: of('warning') };
}

const ORDER = ['error', 'warning', 'ok', 'skipped'];

/** The findings with the worst first. */
export function worstFirst(checks: readonly Check[]): Check[] {
  const rank = (check: Check): number => (ORDER.includes(check.level) ? ORDER.indexOf(check.level) : 1);
  return [...checks].sort((a, b) => rank(a) - rank(b));
}

const NAMES: Record<string, string> = {
  clock: 'check-clock',
  dns: 'check-dns',
  tls: 'check-tls',
  proxy: 'check-proxy',
  endpoints: 'check-endpoints',
  client_id: 'check-client-id',
  client_secret: 'check-client-secret',
  redirect_uri: 'check-redirect-uri',
  scopes: 'check-scopes',
  refresh: 'check-refresh',
  keychain: 'check-keychain',
  vault_key: 'check-vault-key',
  database: 'check-database',
  disk: 'check-disk',
  permissions: 'check-permissions',
  socket: 'check-socket',
  http_port: 'check-http-port',
  notifications: 'check-notifications',
  browser: 'check-browser',
  agent: 'check-agent',
  breaker: 'check-breaker',
};

/** The id of a check's name; none for a check that is not known here. */
export function checkName(id: string): string | null {
  return found(NAMES, id) ?? null;
}
