// Which accounts a person is looking for, and in what order they stand. Fast enough to run at each keystroke over
// thousands: what is searched is put together once for each account and remembered with it.
import type { Account } from '../types/Account';
import type { Status } from '../types/Status';
import { needsYou, rank } from './status';

/** What was chosen above the list. */
export interface Wanted {
  text: string;
  status: string;
  provider: string;
}

/** Everything. */
export const ALL: Wanted = { text: '', status: '', provider: '' };

/** True where something is left out. */
export function narrows(wanted: Wanted): boolean {
  return wanted.text.trim() !== '' || wanted.status !== '' || wanted.provider !== '';
}

const LONGEST_SEARCHED = 400;
const searched = new WeakMap<Account, string>();

function haystack(account: Account): string {
  const known = searched.get(account);
  if (known !== undefined) return known;
  const parts = [account.name, account.username, account.display_name, account.provider_name, account.provider];
  const text = [...parts, ...account.used_by].map((part) => fold((part ?? '').slice(0, LONGEST_SEARCHED))).join('\n');
  searched.set(account, text);
  return text;
}

/** Lower case without accents, so that `jose` finds `José`. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}+/gu, '').toLowerCase();
}

const collator = new Intl.Collator('en', { sensitivity: 'base', numeric: true });
const LONGEST_SORTED = 200;

function compared(a: Account, b: Account): number {
  const byName = (): number => collator.compare(a.name.slice(0, LONGEST_SORTED), b.name.slice(0, LONGEST_SORTED));
  return rank(a.status) - rank(b.status) || byName() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The accounts in the order of the list: who needs the person first, then by how they fare, then by name. */
export function inOrder(accounts: readonly Account[]): Account[] {
  return [...accounts].sort(compared);
}

/** A list in order with one account put where it belongs, new or as it is now; the others are not sorted again. */
export function placed(accounts: readonly Account[], account: Account): Account[] {
  const rest = accounts.filter((other) => other.id !== account.id);
  let [low, high] = [0, rest.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compared(rest[middle]!, account) < 0) low = middle + 1;
    else high = middle;
  }
  rest.splice(low, 0, account);
  return rest;
}

/** Those that fit; every word has to be found somewhere. The order stays. */
export function filtered(accounts: readonly Account[], wanted: Wanted): Account[] {
  const words = fold(wanted.text).split(/\s+/).filter(Boolean);
  const fits = (account: Account): boolean =>
    (wanted.status === '' || account.status === wanted.status) &&
    (wanted.provider === '' || account.provider === wanted.provider) &&
    words.every((word) => haystack(account).includes(word));
  return accounts.filter(fits);
}

/** The list in its two groups. */
export function grouped(accounts: readonly Account[]): { need: Account[]; rest: Account[] } {
  const need: Account[] = [];
  const rest: Account[] = [];
  for (const account of accounts) (needsYou(account) ? need : rest).push(account);
  return { need, rest };
}

/** The providers that occur, by name, for the filter. */
export function providersOf(accounts: readonly Account[]): { id: string; name: string }[] {
  const names = new Map(accounts.map((account) => [account.provider, account.provider_name]));
  return [...names].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
}

/** The statuses that occur, in the order of the list. */
export function statusesOf(accounts: readonly Account[]): Status[] {
  return [...new Set(accounts.map((account) => account.status))].sort((a, b) => rank(a) - rank(b));
}
