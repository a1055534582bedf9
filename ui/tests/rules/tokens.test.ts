// Colours: all of them in one file, and every pair that meets on the screen is far enough apart to be read.
import { describe, expect, test } from 'vitest';
import { sources } from './source';

const TOKENS = sources('src/styles', 'tokens.css')[0]!.text;

function block(start: string): Record<string, string> {
  const from = TOKENS.indexOf(start);
  const text = TOKENS.slice(from, TOKENS.indexOf('\n}', from));
  return Object.fromEntries([...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]));
}

const LIGHT = block(':root {');
const THEMES: Record<string, Record<string, string>> = { light: LIGHT, dark: { ...LIGHT, ...block(":root[data-theme='dark'] {") } };

function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * parts[0]! + 0.7152 * parts[1]! + 0.0722 * parts[2]!;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ['ground', 'surface', 'sunken'];
const TONES = ['well', 'soon', 'need', 'wait', 'still'];
const each = (inks: string[], grounds: string[]): [string, string][] => inks.flatMap((ink) => grounds.map((ground): [string, string] => [ink, ground]));

const TEXT: [string, string][] = [
  ...each(['text', 'text-soft'], GROUNDS),
  ...each(['text', 'text-soft', 'accent-ink'], TONES.map((tone) => `${tone}-soft`)),
  ...each(['accent-ink', 'accent'], ['ground', 'surface', 'accent-soft']),
  ['accent-ink', 'accent-soft-over'],
  ['accent-ink', 'sunken'],
  ['accent-text', 'accent'],
  ['accent-text', 'accent-over'],
  ['danger-text', 'danger'],
  ['danger-text', 'danger-over'],
  ['ground', 'text'],
  ...TONES.map((tone): [string, string] => [`${tone}-ink`, `${tone}-soft`]),
  ...each(TONES.map((tone) => `${tone}-ink`), ['ground', 'surface']),
  ...Array.from({ length: 8 }, (_, i): [string, string] => ['mono-text', `mono-${i}`]),
];
const EDGES: [string, string][] = [
  ...each(['edge', 'focus'], GROUNDS),
  ...each(['focus'], TONES.map((tone) => `${tone}-soft`)),
  ...each(['need-edge'], ['ground', 'surface']),
  ['code-dark', 'code-light'],
];

describe.each(Object.keys(THEMES))('in the %s theme', (theme) => {
  const colours = THEMES[theme]!;
  const far = ([a, b]: [string, string]): number => contrast(colours[a] ?? '', colours[b] ?? '');

  test.each(TEXT)('%s can be read on %s', (ink, ground) => expect(far([ink, ground])).toBeGreaterThanOrEqual(4.5));
  test.each(EDGES)('%s can be seen on %s', (edge, ground) => expect(far([edge, ground])).toBeGreaterThanOrEqual(3));
});

describe('a colour', () => {
  test('stands in the tokens and nowhere else', () => {
    const files = [...sources('src', '.svelte', '.css')].filter((file) => !file.path.endsWith('tokens.css'));
    const guilty = files.flatMap((file) => {
      const style = file.path.endsWith('.css') ? file.text : (/<style>([\s\S]*)<\/style>/.exec(file.text)?.[1] ?? '');
      return (style.match(/#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(/gi) ?? []).map((found) => `${file.path}: ${found}`);
    });
    expect(guilty).toEqual([]);
  });

  test('of the same name is in both themes, but for what never changes', () => {
    const dark = block(":root[data-theme='dark'] {");
    const missing = Object.keys(LIGHT).filter((name) => !(name in dark) && !/^(mono|code)-/.test(name));
    expect(missing).toEqual([]);
  });
});

test('every token is used, and every token that is used is there', () => {
  const named = new Set([...TOKENS.matchAll(/^\s+--([\w-]+):/gm)].map((match) => match[1]!));
  const used = new Set(sources('src', '.svelte', '.css').flatMap((file) => [...file.text.matchAll(/var\(--([\w-]+)/g)].map((match) => match[1]!)));
  expect([...used].filter((name) => !named.has(name))).toEqual([]);
  expect([...named].filter((name) => !used.has(name) && !/^mono-\d/.test(name))).toEqual([]);
});
