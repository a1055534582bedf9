// Every visible word is in the catalogue, every sentence that is asked for is there, and none is left over.
import { FluentResource } from '@fluent/bundle';
import { parse } from 'svelte/compiler';
import { describe, expect, test } from 'vitest';
import { sources } from './source';

const CATALOGUE = sources('src/text', '.ftl')[0]!.text;
const SHARED = CATALOGUE.slice(CATALOGUE.indexOf('## Notices and status words'), CATALOGUE.indexOf('## The frame'));
const idsOf = (text: string): string[] => [...text.matchAll(/^([a-z][\w-]*) =/gm)].map((match) => match[1]!);
const IDS = idsOf(CATALOGUE);
const SVELTE = sources('src', '.svelte');
const CODE = [...SVELTE, ...sources('src', '.ts')];

/** Attributes whose value a person sees or hears. */
const SPOKEN = ['title', 'alt', 'placeholder', 'aria-label', 'label', 'text', 'lead', 'hint', 'word'];

interface Node {
  type?: string;
  data?: string;
  name?: string;
  value?: unknown;
  [key: string]: unknown;
}

/** The literal words of a component, found in its syntax tree. */
function visible(node: unknown, found: string[]): void {
  if (Array.isArray(node)) {
    node.forEach((child) => visible(child, found));
    return;
  }
  if (!node || typeof node !== 'object') return;
  const here = node as Node;
  if (here.type === 'Text' && /\p{L}/u.test(here.data ?? '')) found.push(here.data!.trim());
  if (here.type === 'Attribute') {
    if (!SPOKEN.includes(here.name ?? '') || !Array.isArray(here.value)) return;
  }
  for (const [key, child] of Object.entries(here)) {
    if (!['css', 'instance', 'module', 'options', 'comments'].includes(key)) visible(child, found);
  }
}

describe('a component', () => {
  test.each(SVELTE.map((file) => [file.path, file.text]))('%s shows no word of its own', (_, text) => {
    const found: string[] = [];
    visible(parse(text, { modern: true }).fragment, found);
    // A variable of the environment has one name in every language.
    expect(found.filter((word) => word !== 'BOWLINE_KEYSTORE=passphrase')).toEqual([]);
  });
});

describe('the catalogue', () => {
  test('can be read whole, and has each id once', () => {
    expect(new FluentResource(CATALOGUE).body).toHaveLength(IDS.length);
    expect(new Set(IDS).size).toBe(IDS.length);
  });

  test('has every sentence that is asked for', () => {
    const asked = CODE.flatMap((file) => [...file.text.matchAll(/\bsay\(\s*'([^']+)'/g)].map((match) => match[1]!));
    expect(asked.filter((id) => !IDS.includes(id))).toEqual([]);
  });

  test('has nothing that is never asked for, but for what notices, tray and terminal use', () => {
    const words = new Set(CODE.flatMap((file) => [...file.text.matchAll(/['"`]([a-z][\w-]*)['"`]/g)].map((match) => match[1]!)));
    const shared = idsOf(SHARED);
    const within = (id: string): boolean => CATALOGUE.includes(`{ ${id} }`);
    expect(IDS.filter((id) => !words.has(id) && !shared.includes(id) && !within(id))).toEqual([]);
  });

  test('has a word for each of the nine statuses in its shared part', () => {
    const statuses = ['healthy', 'expiring', 'needs-reconnect', 'degraded', 'unavailable', 'insufficient-permissions', 'paused', 'locked', 'misconfigured'];
    expect(statuses.filter((status) => !SHARED.includes(`status-${status} = `))).toEqual([]);
  });

  test('uses no function, so that every reader of it understands all of it', () => expect(CATALOGUE.match(/\{\s*[A-Z]+\(/g)).toBeNull());

  test('speaks no jargon outside the details', () => {
    const lines = CATALOGUE.split('\n').filter((line) => !line.startsWith('#')).map((line) => line.replace(/^[\w-]+ = /, ''));
    expect(lines.filter((line) => /\b(access token|refresh token|PKCE|RFC ?\d|grant_type|state mismatch|endpoint|daemon)\b/i.test(line))).toEqual([]);
  });

  test('begins no sentence with an accusation', () => {
    expect(CATALOGUE.split('\n').filter((line) => /= (error|invalid|failed|oops|sorry)\b/i.test(line))).toEqual([]);
  });
});
