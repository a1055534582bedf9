// The health of everything in figures and rows: no more than the accounts themselves tell.
import type { Account } from '../types/Account';
import type { Status } from '../types/Status';
import { needsYou, rank } from './status';
import { instant } from './time';

/** The figures at the top. */
export interface Summary {
  accounts: number;
  working: number;
  needing: number;
  /** Of the last renewals, how many brought a token; `null` where none was tried. */
  renewed: { ok: number; all: number } | null;
  nextRenewal: number | null;
}

/** A provider's row. */
export interface ProviderHealth {
  id: string;
  name: string;
  accounts: number;
  worst: Status;
  renewed: { ok: number; all: number };
  lastCode: string | null;
}

const WORKING: Status[] = ['healthy', 'expiring', 'degraded'];

function renewals(accounts: readonly Account[]): { ok: number; all: number } {
  const tried = accounts.map((account) => account.last_refresh).filter((last) => last !== null);
  return { ok: tried.filter((last) => last.ok).length, all: tried.length };
}

export function summary(accounts: readonly Account[], now: number): Summary {
  const next = accounts.map((account) => instant(account.next_refresh_at)).filter((at) => at !== null && at > now);
  const renewed = renewals(accounts);
  return {
    accounts: accounts.length,
    working: accounts.filter((account) => WORKING.includes(account.status)).length,
    needing: accounts.filter(needsYou).length,
    renewed: renewed.all > 0 ? renewed : null,
    nextRenewal: next.length > 0 ? Math.min(...(next as number[])) : null,
  };
}

/** One row a provider, the worst first. */
export function byProvider(accounts: readonly Account[]): ProviderHealth[] {
  const groups = new Map<string, Account[]>();
  for (const account of accounts) groups.set(account.provider, [...(groups.get(account.provider) ?? []), account]);
  const rows = [...groups].map(([id, list]) => ({
    id,
    name: list[0]?.provider_name ?? id,
    accounts: list.length,
    worst: list.map((account) => account.status).sort((a, b) => rank(a) - rank(b))[0] ?? 'healthy',
    renewed: renewals(list),
    lastCode: lastFailure(list)?.last_refresh?.code ?? null,
  }));
  return rows.sort((a, b) => rank(a.worst) - rank(b.worst) || a.name.localeCompare(b.name));
}

/** The account whose renewal failed most recently. */
export function lastFailure(accounts: readonly Account[]): Account | null {
  const failed = accounts.filter((account) => account.last_refresh && !account.last_refresh.ok);
  const at = (account: Account): number => instant(account.last_refresh?.at) ?? 0;
  return failed.sort((a, b) => at(b) - at(a))[0] ?? null;
}
