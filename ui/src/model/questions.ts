// Open questions as the window asks them: one at a time, each with an answer of its own, and a no when nobody answers.
// Names are claims, so that no two questions are ever taken for one because they are called alike.
import type { Account } from '../types/Account';
import type { Question } from '../types/Question';
import type { Want } from '../types/Want';
import { instant } from './time';

/** How long a question is shown before it is a no: as long as a program's read waits. */
export const SHOWN_MS = 60_000;

/** How long an app's question is open, where its end cannot be read. */
const OPEN_MS = 15 * 60_000;

/** How long the buttons rest after a question appeared, so that no key or click meant for something else answers it. */
export const ARMED_MS = 500;

/** The questions that need a dialog, each for itself, in the order they were given. */
export function asked(questions: readonly Question[]): Question[] {
  return questions.filter((question) => question.kind !== 'reconnect');
}

/** Who asks for a reconnect of this account, and why. */
export function reconnectAsked(questions: readonly Question[], account: string): Question | null {
  return questions.find((question) => question.kind === 'reconnect' && question.account === account) ?? null;
}

/** True once the agent itself has ended the question. */
export function ranOut(question: Question, now: number): boolean {
  return (instant(question.expires_at) ?? Infinity) <= now;
}

/** True where the person may take more time: a program's read waits no longer than a minute, all others do. */
export function mayTakeTime(question: Question): boolean {
  return question.kind !== 'program';
}

/** When a question that was shown at `shownAt` is over: after a minute, or by its own life where more time was taken. */
export function endsAt(question: Question, shownAt: number, moreTime = false): number {
  const own = instant(question.expires_at);
  if (moreTime && mayTakeTime(question)) return own ?? shownAt + OPEN_MS;
  return Math.min(own ?? Infinity, shownAt + SHOWN_MS);
}

/** What an account goes by, as the agent's selectors have it. */
function names(account: Account): (string | null)[] {
  const { id, label, username, provider } = account;
  return [id, label, username, provider, username === null ? null : `${provider}:${username}`];
}

function fits(want: Want, account: Account): boolean {
  const name = want.account ?? want.provider;
  return name !== null && names(account).includes(name);
}

/** An account that the question is about, and whether it is chosen from the start. */
export interface Choice {
  account: Account;
  chosen: boolean;
}

/** The accounts that fit the wishes; chosen from the start is only what fits alone. */
export function choices(question: Question, accounts: readonly Account[]): Choice[] {
  const found = new Map<string, Choice>();
  for (const account of accounts) {
    if (account.id === question.account) found.set(account.id, { account, chosen: true });
  }
  for (const want of question.wants) {
    const fitting = accounts.filter((account) => fits(want, account));
    for (const account of fitting) {
      const chosen = fitting.length === 1 || found.get(account.id)?.chosen === true;
      found.set(account.id, { account, chosen });
    }
  }
  return [...found.values()];
}

/** The permissions of several wishes together; `null` where one of them wants all that the account has. */
function together(wants: readonly Want[]): string[] | null {
  if (wants.length === 0 || wants.some((want) => !want.scopes?.length)) return null;
  return [...new Set(wants.flatMap((want) => want.scopes ?? []))];
}

/** What accounts would be given, all of them the same. */
export interface Given {
  accounts: Account[];
  scopes: string[] | null;
}

/** What a yes would give for these accounts: the permissions of the wishes that each of them fits. */
export function given(question: Question, accounts: readonly Account[]): Given[] {
  if (accounts.length === 0) return [{ accounts: [], scopes: together(question.wants.filter((want) => !want.metrics)) }];
  const found = new Map<string, Given>();
  for (const account of accounts) {
    const scopes = together(question.wants.filter((want) => fits(want, account)));
    const key = JSON.stringify(scopes && [...scopes].sort());
    const same = found.get(key);
    if (same) same.accounts.push(account);
    else found.set(key, { accounts: [account], scopes });
  }
  return [...found.values()];
}
