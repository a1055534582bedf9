// Things to show: accounts, providers, apps, questions and entries, each with everything filled in, so that a scene
// names only what is special about it.
import type { Account } from '../../types/Account';
import type { App } from '../../types/App';
import type { Check } from '../../types/Check';
import type { Entry } from '../../types/Entry';
import type { Provider } from '../../types/Provider';
import type { Question } from '../../types/Question';
import type { Settings } from '../../types/Settings';
import { START } from './clock';

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** An instant, so many milliseconds from the start. */
export function at(fromStart: number): string {
  return new Date(START + fromStart).toISOString();
}

export function account(given: Partial<Account> & { id: string }): Account {
  const name = given.label ?? given.username ?? given.id;
  return {
    provider: 'google',
    provider_name: 'Google',
    name,
    label: null,
    username: null,
    display_name: null,
    status: 'healthy',
    reason: null,
    message: 'Connected. Renews by itself.',
    action: null,
    scopes_requested: ['openid', 'email', 'profile'],
    scopes_granted: ['openid', 'email', 'profile'],
    scopes_missing: [],
    access_expires_at: at(41 * MINUTE),
    grant_expires_at: null,
    forecast_ends_at: null,
    forecast_because: null,
    next_refresh_at: at(36 * MINUTE),
    refreshable: true,
    last_refresh: { at: at(-19 * MINUTE), ok: true, code: null, http_status: 200, provider_words: null, attempts: 1 },
    connected_at: at(-64 * DAY),
    reconnected_at: null,
    used_by: [],
    dashboard: 'https://myaccount.google.com/connections',
    fallback: null,
    standing_in: null,
    emergency_ends_at: null,
    ...given,
  };
}

export function provider(given: Partial<Provider> & { id: string; name: string }): Provider {
  return {
    also: [],
    origin: 'built_in',
    needs_client: true,
    needs_secret: true,
    has_client: false,
    has_secret: false,
    client_auth: 'client_secret_post',
    client_id: null,
    console: `https://console.${given.id}.example/apps`,
    redirect_uri: 'http://127.0.0.1/callback',
    device: false,
    scopes: ['openid', 'profile', 'email'],
    notes: [],
    ...given,
  };
}

export function app(given: Partial<App> & { id: string; name: string }): App {
  return { created_at: at(-40 * DAY), last_read_at: at(-3 * MINUTE), grants: [], program: null, blocked: [], metrics: false, ...given };
}

export function question(given: Partial<Question> & { id: string }): Question {
  return {
    kind: 'app',
    name: 'Calendar Sync',
    program: null,
    parent: null,
    because: null,
    code: null,
    allowed_before: null,
    account: null,
    wants: [],
    created_at: at(-4_000),
    expires_at: at(15 * MINUTE),
    opened: false,
    minutes: null,
    ...given,
  };
}

export function entry(given: Partial<Entry> & { seq: number; event: string }): Entry {
  return {
    at: at(-given.seq * MINUTE),
    actor: 'bowline',
    actor_name: 'Bowline',
    program: null,
    account: null,
    app: null,
    outcome: 'ok',
    code: null,
    ...given,
  };
}

export function settings(given: Partial<Settings> = {}): Settings {
  return {
    notifications: true,
    quiet_hours: '',
    http: true,
    port: 0,
    owner: 'confirm',
    keystore: 'keychain',
    connect_timeout: '5m',
    audit_keep: '365d',
    autostart: false,
    version: '0.1.0',
    problems: [],
    ...given,
  };
}

export function check(id: string, level: string, message: string, fix: string | null = null): Check {
  return { id, level, message, fix };
}
