// All that the window may ask of the program. Two things fulfil it: `shell.ts`, which speaks to the Tauri program, and
// `pretend.ts`, which needs none. Each method is one command of the same name in snake_case, its arguments one object.
// Nothing here can carry a token, a code or the address of a sign-in; the secrets a person types go in and never come
// back. A command that fails rejects with a `Problem`.
import type { First } from '../types/First';
import type { Account } from '../types/Account';
import type { Answer } from '../types/Answer';
import type { App } from '../types/App';
import type { Attempt } from '../types/Attempt';
import type { Chain } from '../types/Chain';
import type { Change } from '../types/Change';
import type { Check } from '../types/Check';
import type { ClientGiven } from '../types/ClientGiven';
import type { ConnectWish } from '../types/ConnectWish';
import type { Disconnected } from '../types/Disconnected';
import type { Entry } from '../types/Entry';
import type { History } from '../types/History';
import type { Prefs } from '../types/Prefs';
import type { Provider } from '../types/Provider';
import type { Providers } from '../types/Providers';
import type { Settings } from '../types/Settings';
import type { SettingsChange } from '../types/SettingsChange';
import type { Snapshot } from '../types/Snapshot';
import type { Term } from '../types/Term';
import type { Vault } from '../types/Vault';

/** Which entries of the audit trail: the newest first, or those after `since_seq`, oldest first. */
export interface EntryWish {
  account?: string;
  before_seq?: number;
  since_seq?: number;
  limit?: number;
}

/** The commands, by the names they have in the program. */
export interface Commands {
  snapshot(): Promise<Snapshot>;
  providers(): Promise<Providers>;
  settings(): Promise<Settings>;
  change_settings(a: { change: SettingsChange }): Promise<Settings>;
  doctor(a: { account?: string }): Promise<Check[]>;
  /** What was counted in a range: `24h`, `7d` or `30d`. */
  history(a: { range: string }): Promise<History>;
  apps(): Promise<App[]>;
  entries(a: EntryWish): Promise<Entry[]>;
  verify_chain(): Promise<Chain>;
  /** The program asks where to save; false where the person closed that dialog. */
  export_entries(a: { format: 'csv' | 'json'; account?: string }): Promise<boolean>;

  connect(a: { wish: ConnectWish }): Promise<Attempt>;
  /** With `wait`, answers when the attempt moves on, after 30 s at the latest. */
  attempt(a: { id: string; wait: boolean }): Promise<Attempt>;
  /** Answers how the attempt stands then: `cancelled`, or further on where it was too late to call it off. */
  cancel_attempt(a: { id: string }): Promise<Attempt>;
  /** True where a browser was opened. */
  open_again(a: { id: string }): Promise<boolean>;
  copy_link(a: { id: string }): Promise<void>;
  copy_code(a: { id: string }): Promise<void>;
  /** Only for texts that are no secret. */
  copy_text(a: { text: string }): Promise<void>;

  refresh(a: { account: string }): Promise<Account>;
  rename(a: { account: string; label: string }): Promise<Account>;
  pause(a: { account: string; paused: boolean }): Promise<Account>;
  /** Who stands in while the provider is down; nobody with `null`. */
  name_fallback(a: { account: string; other: string | null }): Promise<Account>;
  /** The key goes in and never comes back; giving it here is the yes to it. */
  start_emergency(a: { account: string; secret: string; reason: string; minutes: number }): Promise<Account>;
  end_emergency(a: { account: string }): Promise<Account>;
  disconnect(a: { account: string; local_only: boolean }): Promise<Disconnected>;

  answer(a: { request: string; answer: Answer; term?: Term }): Promise<void>;
  approve_app(a: { request: string; accounts: string[]; expires_in_s?: number }): Promise<void>;
  deny_app(a: { request: string }): Promise<void>;
  revoke_app(a: { app: string }): Promise<void>;

  save_client(a: { client: ClientGiven }): Promise<Provider>;
  unlock(a: { passphrase?: string }): Promise<Vault>;
  lock(): Promise<Vault>;
  /** Starts the practice provider. */
  practice(): Promise<Provider>;
  restart_agent(): Promise<void>;
  /** Opens the page of the provider: the dashboard, by an account's id or a provider's, or a provider's console. */
  open_page(a: { page: 'dashboard' | 'console'; id: string }): Promise<void>;

  prefs(): Promise<Prefs>;
  save_prefs(a: { prefs: Prefs }): Promise<void>;

  /** The first content is on the screen. */
  shown(): Promise<void>;
  should_ask_autostart(): Promise<boolean>;
  autostart_answer(a: { yes: boolean }): Promise<void>;
  close_is_explained(): Promise<boolean>;
  close_explained(): Promise<void>;
  /** The window may close now. */
  may_close(): Promise<void>;

  /** The program asks for a file; false where the person closed that dialog. */
  backup(a: { passphrase: string }): Promise<boolean>;
  restore(a: { passphrase: string }): Promise<boolean>;
}

/** Time as the window sees it; the stand-in moves it by hand. */
export interface Clock {
  now(): number;
  /** Calls back once; the answer takes it back. */
  after(ms: number, then: () => void): () => void;
}

/** The program at the other end, and what it tells unasked. */
export interface Host extends Commands {
  readonly clock: Clock;
  /** What was known while the window was being made; nothing where no agent answered. It may be a little old. */
  readonly first: First | null;
  /** Calls back at every `change` event; the answer ends that. */
  onChange(then: (change: Change) => void): () => void;
  /** Calls back at every `closing` event: the person wants to close the window, and `may_close` lets them. */
  onClosing(then: () => void): () => void;
}

/** The names of all commands, for stand-ins and tests. */
export const COMMANDS = [
  'snapshot', 'providers', 'settings', 'change_settings', 'doctor', 'history', 'apps', 'entries', 'verify_chain', 'export_entries',
  'connect', 'attempt', 'cancel_attempt', 'open_again', 'copy_link', 'copy_code', 'copy_text',
  'refresh', 'rename', 'pause', 'name_fallback', 'start_emergency', 'end_emergency', 'disconnect', 'answer', 'approve_app', 'deny_app', 'revoke_app',
  'save_client', 'unlock', 'lock', 'practice', 'restart_agent', 'open_page', 'prefs', 'save_prefs',
  'shown', 'should_ask_autostart', 'autostart_answer', 'close_is_explained', 'close_explained', 'may_close', 'backup', 'restore',
] as const satisfies readonly (keyof Commands)[];
