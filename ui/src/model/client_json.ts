// A person's own client, as they give it: typed, pasted, or as the file that a provider's console hands out. Each field
// is judged while it is typed, so that nothing wrong is found out only after it was sent.
import type { Providers } from '../types/Providers';

/** What was read out of a pasted text. */
export interface Pasted {
  clientId: string;
  clientSecret: string | null;
  /** The kind of client, as Google's file names it. */
  shape: 'installed' | 'web' | 'plain';
}

/** Why a field cannot be taken yet; the id of its sentence. */
export type Complaint = string | null;

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function inside(object: Record<string, unknown>): [Pasted['shape'], Record<string, unknown>] {
  for (const shape of ['installed', 'web'] as const) {
    const part = object[shape];
    if (part && typeof part === 'object') return [shape, part as Record<string, unknown>];
  }
  return ['plain', object];
}

/** Reads a downloaded JSON; `null` where it is none, or names no client id. */
export function readClientJson(pasted: string): Pasted | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(pasted);
  } catch {
    return null;
  }
  if (!parsed || typeof parsed !== 'object' || Array.isArray(parsed)) return null;
  const [shape, part] = inside(parsed as Record<string, unknown>);
  const clientId = text(part['client_id']) ?? text(part['clientId']) ?? text(part['appId']);
  if (clientId === null) return null;
  return { clientId, clientSecret: text(part['client_secret']) ?? text(part['clientSecret']), shape };
}

/** True for what looks like JSON, whether or not it can be read. */
export function looksLikeJson(pasted: string): boolean {
  return pasted.trim().startsWith('{');
}

/** What is wrong with a client id. */
export function judgeClientId(id: string, provider: string): Complaint {
  if (id === '') return 'client-id-empty';
  if (/\s/.test(id)) return 'client-id-spaces';
  if (/^https?:\/\//i.test(id)) return 'client-id-address';
  if (id.startsWith('GOCSPX-')) return 'client-id-is-secret';
  if (id.includes('@')) return 'client-id-email';
  if (id.length < 4) return 'client-id-short';
  if (provider === 'google' && !id.endsWith('.apps.googleusercontent.com')) return 'client-id-google';
  return null;
}

/** What is wrong with a secret. */
export function judgeSecret(secret: string, needed: boolean, kept: boolean, id: string): Complaint {
  if (secret === '') return needed && !kept ? 'client-secret-empty' : null;
  if (/\s/.test(secret)) return 'client-secret-spaces';
  if (secret === id) return 'client-secret-is-id';
  return null;
}

/** What is wrong with an issuer's address. */
export function judgeIssuer(issuer: string): Complaint {
  if (issuer.trim() === '') return 'client-issuer-empty';
  if (!URL.canParse(issuer.trim())) return 'client-issuer-shape';
  const url = new URL(issuer.trim());
  const own = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && own)) return 'client-issuer-https';
  return url.search || url.hash ? 'client-issuer-query' : null;
}

const LONGEST_ID = 40;

/** The practice provider's id is its own, also while it is not there. */
const KEPT = ['practice'];

/** An id for a new provider of this name that nobody has yet: small letters, digits and dashes. */
export function freeProviderId(name: string, taken: readonly string[]): string {
  const plain = name.normalize('NFD').replace(/\p{M}+/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const wanted = plain.slice(0, LONGEST_ID).replace(/^-+|-+$/g, '') || 'custom';
  const all = new Set([...KEPT, ...taken.map((id) => id.toLowerCase())]);
  for (let n = 1; ; n += 1) {
    const end = n === 1 ? '' : `-${n}`;
    const id = wanted.slice(0, LONGEST_ID - end.length).replace(/-+$/, '') + end;
    if (!all.has(id)) return id;
  }
}

/** The ids that a new provider cannot have: those of the catalogue, and of files in it that could not be read. */
export function takenIds({ providers, problems }: Providers): string[] {
  const files = problems.map((one) => one.file?.replace(/\.toml$/i, '') ?? '');
  return [...providers.map((one) => one.id), ...files];
}
