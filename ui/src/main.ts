// The page and its start: the host is chosen, then everything else is the same in the window and in a browser.
import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import type { Host } from './host/host';
import { speak } from './model/time';
import { speakStretched } from './text/words';
import Window from './Window.svelte';

/** The stand-in's page also tries out a made-up language, and one that runs from right to left. */
async function standIn(): Promise<Host> {
  const query = new URLSearchParams(location.search);
  const language = query.get('language') ?? '';
  if (language.startsWith('stretched')) speakStretched();
  if (language.endsWith('rtl')) document.documentElement.dir = 'rtl';
  const { pretend } = await import('./host/pretend');
  const host = pretend(query);
  Object.assign(window, { pretend: host.strings });
  return host;
}

async function program(): Promise<Host> {
  const { shell } = await import('./host/shell');
  return shell();
}

speak(navigator.language);
const host = __PRETEND__ ? await standIn() : await program();
const target = document.getElementById('app');
if (target) mount(Window, { target, props: { host } });
performance.mark('bowline-first-content');
