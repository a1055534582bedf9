// The scenes that `?scene=NAME` chooses: what the agent would know in each.
import type { Account } from '../../types/Account';
import type { App } from '../../types/App';
import type { Check } from '../../types/Check';
import type { Entry } from '../../types/Entry';
import type { FileProblem } from '../../types/FileProblem';
import type { Provider } from '../../types/Provider';
import type { Question } from '../../types/Question';
import type { Settings } from '../../types/Settings';
import type { Snapshot } from '../../types/Snapshot';
import type { Vault } from '../../types/Vault';
import { ALERTS, HOSTILE_ALERTS } from './figures';
import { PROVIDERS } from './catalogue';
import { APPS, CHECKS, ENTRIES, FIVE_ENDED, TROUBLE, USUAL } from './usual';
import { HOSTILE, HOSTILE_APPS, HOSTILE_ENTRIES, HOSTILE_PROGRAM, HOSTILE_QUESTION } from './hostile';
import {
  ASKED_ALIKE, ASKED_BY_APP, ASKED_BY_PROGRAM, ASKED_FOR_KEY, ASKED_FOR_METRICS, ASKED_MANY, ASKED_UNEVENLY, PROGRAM_CHANGED,
} from './questions';
import { account, at, settings } from './made';

/** Everything the agent would know. */
export interface Scene {
  snapshot: Snapshot;
  providers: Provider[];
  apps: App[];
  entries: Entry[];
  checks: Check[];
  settings: Settings;
  /** Provider files that could not be read. */
  problems: FileProblem[];
  /** Commands that never answer. */
  silent: boolean;
  /** Commands that fail. */
  failing: boolean;
}

const PROVIDER_PROBLEMS: FileProblem[] = [
  { file: 'acme.toml', line: 7, field: 'authorisation_endpoint', problem: 'there is no such key', suggestion: 'authorization_endpoint' },
];
const SETTINGS_PROBLEMS: FileProblem[] = [{ file: null, line: 3, field: 'connect.timeout', problem: '“5 apples” is no length of time', suggestion: null }];

const OPEN: Vault = { locked: false, keystore: 'keychain', reason: null, message: null };

function closed(reason: string, keystore = 'keychain'): Vault {
  return { locked: true, keystore, reason, message: null };
}

function scene(accounts: Account[], given: Partial<Omit<Scene, 'snapshot'>> & Partial<Snapshot> = {}): Scene {
  const { agent = 'here', vault = OPEN, questions = [], alerts = [], ...rest } = given;
  return {
    snapshot: { agent, vault, accounts, questions, alerts },
    providers: PROVIDERS,
    apps: APPS,
    entries: ENTRIES,
    checks: CHECKS,
    settings: settings(),
    problems: [],
    silent: false,
    failing: false,
    ...rest,
  };
}

const LOCKED_ACCOUNTS = USUAL.map((one) => account({ ...one, status: 'locked', reason: 'keychain_locked', action: 'unlock' }));
/** The first has another account in its place, the second a key; their provider is down. */
const STOOD_IN = TROUBLE.map((one) => {
  if (one.id === 'acc_lab') return { ...one, fallback: 'acc_home', standing_in: 'acc_home' };
  const down = { status: 'unavailable' as const, reason: 'provider_unreachable', action: 'wait' as const };
  return one.id === 'acc_work' ? { ...one, ...down, standing_in: 'emergency', emergency_ends_at: at(25 * 60_000) } : one;
});
const NOTHING = { apps: [], entries: [] };
const asking = (questions: Question[]): Scene => scene(USUAL, { questions });

/** Many accounts, made by rule: mostly well, some in each trouble. */
function many(count: number): Account[] {
  const kinds = [...USUAL, ...TROUBLE];
  return Array.from({ length: count }, (_, i) => {
    const kind = (i % 9 === 0 ? kinds[i % kinds.length] : USUAL[i % USUAL.length]) ?? USUAL[0]!;
    const label = `${kind.label ?? kind.provider} ${i + 1}`;
    return { ...kind, id: `acc_${i}`, label, name: label, username: `person${i}@example.com` };
  });
}

const MADE: Record<string, () => Scene> = {
  usual: () => scene(USUAL),
  empty: () => scene([], NOTHING),
  trouble: () => scene(TROUBLE, { alerts: ALERTS, settings: settings({ quiet_hours: '22:00-07:00', owner: 'any', problems: SETTINGS_PROBLEMS }), problems: PROVIDER_PROBLEMS }),
  five: () => scene(FIVE_ENDED),
  many: () => scene(many(200)),
  crowd: () => scene(many(2000)),
  hostile: () => scene(HOSTILE, { alerts: HOSTILE_ALERTS, apps: HOSTILE_APPS, entries: HOSTILE_ENTRIES }),
  'hostile-question': () => scene(HOSTILE, { questions: [HOSTILE_QUESTION] }),
  'hostile-program': () => scene(HOSTILE, { questions: [HOSTILE_PROGRAM] }),
  locked: () => scene(LOCKED_ACCOUNTS, { vault: closed('keychain_locked') }),
  passphrase: () => scene(LOCKED_ACCOUNTS, { vault: closed('keychain_locked', 'passphrase') }),
  'no-keychain': () => scene(LOCKED_ACCOUNTS, { vault: closed('keychain_missing') }),
  'key-changed': () => scene(LOCKED_ACCOUNTS, { vault: closed('key_changed') }),
  gone: () => scene(USUAL, { agent: 'gone' }),
  starting: () => scene([], { agent: 'starting', vault: null }),
  mismatch: () => scene([], { agent: 'mismatch', vault: null }),
  endless: () => scene([], { silent: true }),
  errors: () => scene(USUAL, { failing: true }),
  'ask-app': () => asking([ASKED_BY_APP]),
  'ask-program': () => asking([ASKED_BY_PROGRAM]),
  'ask-metrics': () => asking([ASKED_FOR_METRICS]),
  'ask-many': () => asking(ASKED_MANY),
  'ask-alike': () => asking(ASKED_ALIKE),
  'ask-unevenly': () => asking([ASKED_UNEVENLY]),
  'ask-emergency': () => scene(TROUBLE, { questions: [ASKED_FOR_KEY] }),
  'standing-in': () => scene(STOOD_IN),
  'ask-changed': () => asking([PROGRAM_CHANGED]),
};

/** The names of all scenes. */
export const SCENES = Object.keys(MADE);

/** The scene of this name; the usual one for any other. */
export function sceneOf(name: string | null): Scene {
  return (MADE[name ?? ''] ?? MADE['usual']!)();
}
