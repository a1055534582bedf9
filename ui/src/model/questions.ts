// Open questions as the window asks them: one at a time, those of one asker as one, and a no when nobody answers.
import type { Account } from '../types/Account';
import type { App } from '../types/App';
import type { Question } from '../types/Question';
import type { Want } from '../types/Want';
import { instant } from './time';

/** How long a question is shown before it is a no. */
export const SHOWN_MS = 60_000;

/** How long the buttons rest after a question appeared, so that no key or click meant for something else answers it. */
export const ARMED_MS = 500;

/** Questions of one asker, which get one answer. */
export interface Asked {
  key: string;
  first: Question;
  all: Question[];
}

/** The questions that need a dialog, one entry an asker, oldest first. */
export function asked(questions: readonly Question[]): Asked[] {
  const groups = new Map<string, Asked>();
  for (const question of questions) {
    if (question.kind === 'reconnect') continue;
    const key = [question.kind, question.program ?? '', question.name].join('\n');
    const group = groups.get(key);
    if (group) group.all.push(question);
    else groups.set(key, { key, first: question, all: [question] });
  }
  return [...groups.values()];
}

/** Who asks for a reconnect of this account, and why. */
export function reconnectAsked(questions: readonly Question[], account: string): Question | null {
  return questions.find((question) => question.kind === 'reconnect' && question.account === account) ?? null;
}

/** When a question that was shown at `shownAt` becomes a no. */
export function endsAt(question: Question, shownAt: number, moreTime: boolean): number {
  const own = instant(question.expires_at) ?? Infinity;
  return moreTime ? own : Math.min(own, shownAt + SHOWN_MS);
}

function fits(want: Want, account: Account): boolean {
  if (want.account) return [account.id, account.label, account.username, account.name].includes(want.account);
  return want.provider === account.provider;
}

/** An account that the question is about, and whether it is chosen from the start. */
export interface Choice {
  account: Account;
  chosen: boolean;
}

/** The accounts that fit the wishes; chosen from the start is only what fits alone. */
export function choices(all: readonly Question[], accounts: readonly Account[]): Choice[] {
  const found = new Map<string, Choice>();
  for (const question of all) {
    const named = accounts.filter((account) => account.id === question.account);
    for (const account of named) found.set(account.id, { account, chosen: true });
    for (const want of question.wants) {
      const fitting = accounts.filter((account) => fits(want, account));
      for (const account of fitting) {
        const chosen = fitting.length === 1 || found.get(account.id)?.chosen === true;
        found.set(account.id, { account, chosen });
      }
    }
  }
  return [...found.values()];
}

/** The permissions that are asked for; `null` for all that the accounts have. */
export function wantedScopes(all: readonly Question[]): string[] | null {
  const wants = all.flatMap((question) => question.wants);
  if (wants.length === 0 || wants.some((want) => want.scopes === null)) return null;
  return [...new Set(wants.flatMap((want) => want.scopes ?? []))];
}

/** The app of the same name that was let in as another program. */
export function changedSince(question: Question, apps: readonly App[]): App | null {
  const same = apps.filter((app) => app.name === question.name && app.program !== null);
  const other = same.find((app) => app.program !== question.program);
  return question.program !== null && other && same.every((app) => app.program !== question.program) ? other : null;
}
