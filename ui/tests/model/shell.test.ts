// The door to the program: every command goes out under its own name with its own arguments, and events come in.
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { emit } from '@tauri-apps/api/event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../src/host/host';
import { shell } from '../../src/host/shell';
import type { Change } from '../../src/types/Change';

const asked: [string, unknown][] = [];

beforeEach(() => {
  vi.stubGlobal('window', globalThis);
  asked.length = 0;
  mockIPC((command, args) => void asked.push([command, args]), { shouldMockEvents: true });
});
afterEach(() => {
  clearMocks();
  vi.unstubAllGlobals();
});

describe('the shell', () => {
  test('hands every command on under its own name', async () => {
    const host = shell();
    for (const name of COMMANDS) await (host[name] as (args: unknown) => Promise<unknown>)({ id: name });
    expect(asked).toEqual(COMMANDS.map((name) => [name, { id: name }]));
  });

  test('asks without arguments where there are none', async () => {
    await shell().snapshot();
    expect(asked).toEqual([['snapshot', {}]]);
  });

  test('has what the program handed over, and nothing where it did not', () => {
    expect(shell().first).toBeNull();
    const first = { snapshot: {}, prefs: {} };
    vi.stubGlobal('__BOWLINE_FIRST__', first);
    expect(shell().first).toBe(first);
  });

  test('passes a refusal on as it is', async () => {
    const problem = { code: 'locked', detail: 'x' };
    mockIPC(() => Promise.reject(problem));
    await expect(shell().refresh({ account: 'a' })).rejects.toEqual(problem);
  });

  test('hears changes until it is told to stop', async () => {
    const heard: Change[] = [];
    const stop = shell().onChange((change) => heard.push(change));
    await vi.waitFor(async () => {
      await emit('change', 'apps');
      expect(heard).toContain('apps');
    });
    stop();
    await vi.waitFor(async () => {
      const before = heard.length;
      await emit('change', 'apps');
      expect(heard).toHaveLength(before);
    });
  });
});
