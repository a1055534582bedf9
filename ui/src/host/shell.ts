// The host inside the Tauri window, and the only file that imports the Tauri API. Every command is handed on under its
// own name; what comes back is trusted to have the shapes of `src/types`, which are made from the same source.
import { invoke, type InvokeArgs } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Change } from '../types/Change';
import { COMMANDS, type Clock, type Commands, type Host } from './host';

const clock: Clock = {
  now: () => Date.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/** Makes a listener that can be taken back, even before it is in place. */
function heard<T>(event: string, then: (payload: T) => void): () => void {
  const listening = listen<T>(event, (told) => then(told.payload));
  return () => void listening.then((stop) => stop());
}

function commands(): Commands {
  const calls = COMMANDS.map((name) => [name, (args?: InvokeArgs) => invoke(name, args ?? {})]);
  return Object.fromEntries(calls) as Commands;
}

/** The program behind this window. */
export function shell(): Host {
  return {
    ...commands(),
    clock,
    first: window.__BOWLINE_FIRST__ ?? null,
    onChange: (then) => heard<Change>('change', then),
    onClosing: (then) => heard<null>('closing', () => then()),
  };
}
