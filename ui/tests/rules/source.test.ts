// What a file of the window must be: introduced, not too long, without markup from outside, and without a second door to
// the program.
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/host/host';
import { sources } from './source';

const OURS = [...sources('src', '.ts', '.svelte', '.css'), ...sources('tests', '.ts', '.mjs'), ...sources('scripts', '.mjs')].filter((file) => !file.path.startsWith('src/types/'));

describe('every file', () => {
  test('says what it answers for', () => {
    const bare = OURS.filter((file) => !/^(\/\/ |<!-- |\/\* )\S.{20}/.test(file.text));
    expect(bare.map((file) => file.path)).toEqual([]);
  });

  test('is short enough to be read', () => {
    const long = OURS.filter((file) => file.text.split('\n').length > 300 && !file.path.endsWith('brands.ts'));
    expect(long.map((file) => file.path)).toEqual([]);
  });

  test('lets no text become markup, and no name become a program', () => {
    const marks = [['{@', 'html'], ['inner', 'HTML'], ['outer', 'HTML'], ['insertAdjacent', 'HTML'], ['document.', 'write'], ['ev', 'al('], ['new Func', 'tion(']].map((parts) => parts.join(''));
    const guilty = OURS.flatMap((file) => marks.filter((mark) => file.text.includes(mark)).map((mark) => `${file.path}: ${mark}`));
    expect(guilty).toEqual([]);
  });

  test('but one leaves the program’s API alone', () => {
    const speaking = OURS.filter((file) => file.path.startsWith('src') && file.text.includes("from '@tauri-apps/"));
    expect(speaking.map((file) => file.path)).toEqual(['src/host/shell.ts']);
  });

  test('keeps nothing in the web view', () => {
    const keeping = OURS.filter((file) => file.path.startsWith('src') && /\b(localStorage|sessionStorage|indexedDB|caches|document\.cookie)\b/.test(file.text));
    expect(keeping.map((file) => file.path)).toEqual([]);
  });

  test('asks for nothing outside the page', () => {
    const asking = OURS.filter((file) => file.path.startsWith('src') && /\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\s*\(/.test(file.text));
    expect(asking.map((file) => file.path)).toEqual([]);
  });
});

test('each command is in the list that the shell hands on', () => {
  const host = OURS.find((file) => file.path === 'src/host/host.ts')!.text;
  const body = host.slice(host.indexOf('export interface Commands'), host.indexOf('/** Time as the window'));
  const named = [...body.matchAll(/^ {2}(\w+)\(/gm)].map((match) => match[1]!);
  expect([...COMMANDS].sort()).toEqual(named.sort());
});
