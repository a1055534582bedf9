// The page and its start: the host is chosen, then everything else is the same in the window and in a browser.
import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import type { Host } from './host/host';
import { shell } from './host/shell';
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

function begin(host: Host): void {
  const target = document.getElementById('app');
  if (target) mount(Window, { target, props: { host } });
  performance.mark('bowline-first-content');
}

speak(navigator.language);
// The program's own host is in the page's one file: the window waits for nothing that it could have at once.
if (__PRETEND__) void standIn().then(begin);
else begin(shell());
