// Finding a provider by what a person types: a name, an e-mail address whose domain tells, or an issuer's address.
import type { Provider } from '../types/Provider';
import { fold } from './filter';

/** What was found. */
export interface Found {
  /** The providers that fit, best first. */
  providers: Provider[];
  /** The person who will sign in, where an e-mail address was typed. */
  email: string | null;
  /** The issuer, where an `https` address was typed that belongs to no known provider. */
  issuer: string | null;
}

/** The domain of an e-mail address; `null` for anything else. */
export function emailDomain(text: string): string | null {
  const found = /^[^\s@]+@([^\s@]+\.[^\s@]+)$/.exec(text.trim());
  return found?.[1]?.toLowerCase() ?? null;
}

/** The address of an issuer; only `https`, but for this computer itself. */
export function issuerOf(text: string): URL | null {
  if (!/^https?:\/\//i.test(text.trim())) return null;
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  const own = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url && (url.protocol === 'https:' || own) && url.hostname ? url : null;
}

function words(provider: Provider): string[] {
  return [provider.name, provider.id, ...provider.also].map(fold);
}

/** 0 for what begins with it, 1 for what holds it, `null` for what does not. */
function closeness(provider: Provider, wanted: string): number | null {
  const all = words(provider);
  if (all.some((word) => word.startsWith(wanted))) return 0;
  return all.some((word) => word.includes(wanted)) ? 1 : null;
}

function ofDomain(providers: readonly Provider[], domain: string): Provider[] {
  const exact = providers.filter((provider) => words(provider).includes(domain));
  if (exact.length > 0) return exact;
  const brand = domain.split('.').at(-2) ?? domain;
  return providers.filter((provider) => words(provider).includes(brand));
}

/** The providers that fit what was typed; all of them for nothing. */
export function findProviders(providers: readonly Provider[], typed: string): Found {
  const wanted = fold(typed.trim());
  if (wanted === '') return { providers: [...providers], email: null, issuer: null };
  const domain = emailDomain(wanted);
  if (domain) return { providers: ofDomain(providers, domain), email: typed.trim(), issuer: null };
  const url = issuerOf(typed);
  if (url) {
    const known = ofDomain(providers, url.hostname);
    return { providers: known, email: null, issuer: known.length > 0 ? null : typed.trim() };
  }
  const near = providers.map((provider) => ({ provider, close: closeness(provider, wanted) }));
  const fitting = near.filter((entry) => entry.close !== null).sort((a, b) => a.close! - b.close!);
  return { providers: fitting.map((entry) => entry.provider), email: null, issuer: null };
}
