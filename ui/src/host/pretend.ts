// The stand-in for the program: everything the window may ask, answered in any browser. `?scene=NAME` chooses what there
// is, `?clock=hand` stops the clock until `pretend.advance` moves it, `?browser=none` is a computer without a browser,
// `?ends=CODE` lets every try to connect end by itself, `?theme=dark` and `?letters=no` are what the person chose
// before, and `?first=yes` hands everything over with the page. What was asked is kept in `pretend.calls`, for tests.
import type { Account } from '../types/Account';
import type { Change } from '../types/Change';
import type { Prefs } from '../types/Prefs';
import type { Question } from '../types/Question';
import type { Settings } from '../types/Settings';
import type { SettingsChange } from '../types/SettingsChange';
import { COMMANDS, type Commands, type EntryWish, type Host } from './host';
import { Attempts, problem, type Ending } from './pretend/attempts';
import { PRACTICE } from './pretend/catalogue';
import { HandClock, RunningClock } from './pretend/clock';
import { history as madeHistory } from './pretend/figures';
import { provider as madeProvider } from './pretend/made';
import { sceneOf } from './pretend/scenes';

/** What tests may do to the stand-in. */
export interface Strings {
  calls: [string, unknown][];
  advance(ms: number): void;
  end(ending: Ending): void;
  change(change: Change): void;
  /** The questions of a scene. */
  questions(scene: string): Question[];
  closing(): void;
  /** The next calls of this command fail, or stop failing. */
  fail(command: string, code: string | null): void;
  /** The next calls of this command are answered only when they are let go. */
  hold(command: string): void;
  letGo(command: string): void;
}

const settled = (): Promise<void> => new Promise((resolve) => queueMicrotask(() => resolve()));

function changed(settings: Settings, change: SettingsChange): Settings {
  const given = Object.entries(change).filter(([, value]) => value !== null && value !== undefined);
  return { ...settings, ...Object.fromEntries(given) };
}

export function pretend(query: URLSearchParams): Host & { strings: Strings } {
  const hand = query.get('clock') === 'hand';
  const clock = hand ? new HandClock() : new RunningClock();
  const scene = sceneOf(query.get('scene'));
  const attempts = new Attempts(() => clock.now());
  const listeners = new Set<(change: Change) => void>();
  const closing = new Set<() => void>();
  const failures = new Map<string, string>();
  const held = new Map<string, (() => void)[]>();
  const calls: [string, unknown][] = [];
  const { alerts } = scene.snapshot;
  let { agent, accounts, vault, questions } = scene.snapshot;
  let prefs: Prefs = { theme: query.get('theme') ?? 'system', letters: query.get('letters') !== 'no' };
  let explained = query.get('explained') === 'yes';
  let asksAutostart = true;

  const tell = (change: Change): void => listeners.forEach((then) => then(change));
  const found = (id: string): Account => {
    const one = accounts.find((account) => account.id === id);
    if (!one) throw problem('account_not_found', { detail: 'There is no such account any more.' });
    return one;
  };
  const put = (account: Account): Account => {
    accounts = [...accounts.filter((other) => other.id !== account.id), account];
    tell({ account });
    return account;
  };
  const answered = (request: string): void => {
    questions = questions.filter((question) => question.id !== request);
    tell({ questions });
  };
  const end = (ending: Ending): void => {
    const account = attempts.end(ending, accounts, scene.providers);
    if (account) put(account);
  };
  const entries = (wish: EntryWish): typeof scene.entries =>
    scene.entries
      .filter((entry) => (wish.account ? entry.account === wish.account : true))
      .filter((entry) => (wish.before_seq ? entry.seq < wish.before_seq : true))
      .slice(0, wish.limit ?? 100);

  const answers: Commands = {
    snapshot: async () => ({ agent, accounts, vault, questions, alerts }),
    providers: async () => ({ providers: scene.providers, problems: scene.problems }),
    settings: async () => scene.settings,
    change_settings: async ({ change }) => (scene.settings = changed(scene.settings, change)),
    doctor: async ({ account }) => (account ? [...scene.checks.slice(0, 3), ...scene.checks.slice(7, 8)] : scene.checks),
    history: async ({ range }) => madeHistory(range, accounts, alerts),
    apps: async () => scene.apps,
    entries: async (wish) => entries(wish),
    verify_chain: async () => ({ ok: true, entries: scene.entries.length, broken_at: null }),
    export_entries: async () => true,
    connect: async ({ wish }) => {
      const attempt = attempts.begin(wish, query.get('browser') !== 'none');
      const ends = query.get('ends');
      if (ends || !hand) clock.after(hand ? 1000 : 4000, () => end(ends ?? 'connected'));
      return attempt;
    },
    attempt: async ({ id, wait }) => (wait ? attempts.wait(id) : (attempts.get(id) ?? Promise.reject(problem('request_not_found')))),
    cancel_attempt: async ({ id }) => attempts.cancel(id),
    open_again: async () => query.get('browser') !== 'none',
    copy_link: async () => undefined,
    copy_code: async () => undefined,
    copy_text: async () => undefined,
    refresh: async ({ account }) => put({ ...found(account), status: 'healthy', reason: null, action: null }),
    rename: async ({ account, label }) => put({ ...found(account), label: label || null, name: label || found(account).username || account }),
    pause: async ({ account, paused }) => put({ ...found(account), status: paused ? 'paused' : 'healthy', action: paused ? 'resume' : null }),
    name_fallback: async ({ account, other }) => put({ ...found(account), fallback: other }),
    start_emergency: async ({ account, minutes }) =>
      put({ ...found(account), standing_in: 'emergency', emergency_ends_at: new Date(clock.now() + minutes * 60_000).toISOString() }),
    end_emergency: async ({ account }) => put({ ...found(account), standing_in: null, emergency_ends_at: null }),
    disconnect: async ({ account, local_only }) => {
      found(account);
      accounts = accounts.filter((other) => other.id !== account);
      tell({ removed: account });
      return { revoked_at_provider: !local_only && query.get('revoke') !== 'no' };
    },
    answer: async ({ request }) => answered(request),
    approve_app: async ({ request }) => answered(request),
    deny_app: async ({ request }) => answered(request),
    revoke_app: async ({ app }) => {
      scene.apps = scene.apps.filter((other) => other.id !== app);
      tell('apps');
    },
    save_client: async ({ client }) => {
      const known = scene.providers.find((one) => one.id === client.provider);
      const made = madeProvider({ id: client.provider, name: client.name ?? client.provider, origin: 'issuer' });
      const saved = { ...(known ?? made), has_client: true, has_secret: client.client_secret !== null, client_id: client.client_id };
      scene.providers = [...scene.providers.filter((one) => one.id !== saved.id), saved];
      return saved;
    },
    unlock: async ({ passphrase }) => {
      if (passphrase === 'wrong') throw problem('locked', { detail: 'That is not the passphrase. Try it again.' });
      vault = { ...vault!, locked: false, reason: null };
      tell({ vault });
      return vault;
    },
    lock: async () => (vault = { ...vault!, locked: true, reason: 'keychain_locked' }),
    practice: async () => {
      scene.providers = [...scene.providers.filter((one) => one.id !== PRACTICE.id), PRACTICE];
      return PRACTICE;
    },
    restart_agent: async () => {
      agent = 'here';
      tell({ agent: 'starting' });
    },
    open_page: async () => undefined,
    prefs: async () => prefs,
    save_prefs: async (given) => void (prefs = given.prefs),
    shown: async () => undefined,
    should_ask_autostart: async () => asksAutostart,
    autostart_answer: async () => void (asksAutostart = false),
    close_is_explained: async () => explained,
    close_explained: async () => void (explained = true),
    may_close: async () => undefined,
    backup: async () => true,
    restore: async () => true,
  };

  const guarded = COMMANDS.map((name) => [
    name,
    async (args: never) => {
      calls.push([name, args]);
      await settled();
      await new Promise<void>((then) => (held.has(name) ? held.get(name)!.push(then) : then()));
      if (scene.silent) return new Promise(() => undefined);
      const code = failures.get(name) ?? (scene.failing && name !== 'snapshot' ? 'temporarily_unavailable' : undefined);
      if (code) throw problem(code, { detail: 'The agent did not answer in time. Try it again in a moment.' });
      return (answers[name] as (a: never) => Promise<unknown>)(args);
    },
  ]);

  return {
    ...(Object.fromEntries(guarded) as unknown as Commands),
    clock,
    first: query.get('first') === 'yes' ? { snapshot: structuredClone(scene.snapshot), prefs } : null,
    onChange(then) {
      listeners.add(then);
      return () => listeners.delete(then);
    },
    onClosing(then) {
      closing.add(then);
      return () => closing.delete(then);
    },
    strings: {
      calls,
      advance: (ms) => (clock instanceof HandClock ? clock.advance(ms) : undefined),
      end,
      change: tell,
      questions: (name) => sceneOf(name).snapshot.questions,
      closing: () => closing.forEach((then) => then()),
      hold: (command) => void held.set(command, []),
      letGo: (command) => {
        held.get(command)?.forEach((then) => then());
        held.delete(command);
      },
      fail: (command, code) => void (code ? failures.set(command, code) : failures.delete(command)),
    },
  };
}
